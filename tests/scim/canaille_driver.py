"""canaille, a real identity provider, acting as the SCIM client that pushes its people and groups to us.

Run by the Python of canaille's own environment (`canaille_venv.py` makes it), never by ours: it may import nothing of
this project.

    python -I canaille_driver.py [--newer-config] http://127.0.0.1:8000/scim/v2 TOKEN < steps.jsonl

Every line read is one step, every line written says what came of it:

    {"do": "create_user", "user_name": "ada", "family_name": "Byron", "emails": ["ada@example.org"]}
    {"do": "change_user", "user": "ada", "user_name": "ada.king", "family_name": "King"}
    {"do": "lock_user", "user": "ada.king"}      also unlock_user, delete_user
    {"do": "create_group", "name": "Hub", "members": ["ada.king"]}
    {"do": "change_group", "group": "Hub", "name": "The hub"}
    {"do": "add_members", "group": "The hub", "members": ["bob"]}      also remove_members
    {"do": "delete_group", "group": "The hub"}

    {"step": 1, "do": "create_user", "ok": true, "external_id": "...", "requests": [["POST", "/Users", 201]],
     "warnings": [], "error": null}

The steps only write to canaille's own database. Whatever is sent then is canaille's doing: it provisions, on its own
signals, the OIDC clients it knows. So all that is needed is one such client whose address is the SCIM service's.
"""

import json
import logging
import os
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

DOINGS = {
    "create_user", "change_user", "lock_user", "unlock_user", "delete_user",
    "create_group", "change_group", "add_members", "remove_members", "delete_group",
}  # fmt: skip


def now():
    return datetime.now(UTC)


def settings(folder, base_url):
    return {
        "SECRET_KEY": "of no use outside this process",
        # canaille builds links to itself outside of any request, so it has to know its own name.
        "SERVER_NAME": "idp.example.org",
        "DEBUG": False,
        # Neither a broker nor a worker: the tasks that push people run before the write returns.
        "BROKER_URL": None,
        "CANAILLE": {"DATABASE": "sql", "SMTP": None, "CAPTCHA_ENABLED": False, "JAVASCRIPT": False},
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder}/canaille.db"},
        # A client at a trusted domain is told of everybody; any other only of those who consented in a browser.
        "CANAILLE_OIDC": {"TRUSTED_DOMAINS": [urlsplit(base_url).hostname]},
        # The server part stays on: links to people, which canaille puts in what it sends, are built from its routes.
        "CANAILLE_SCIM": {"ENABLE_SERVER": True, "ENABLE_CLIENT": True},
    }


def register(base_url, token):
    """Make us known to canaille, with the token it is to show us.

    Nothing is patched: before it mints a token of its own canaille looks for one that the client holds, that is nobody's
    in particular and neither expired nor revoked. Ours is one.
    """
    from canaille.app import models
    from canaille.backends import Backend

    client = models.Client(client_id="coe", client_name="coe", client_uri=base_url, client_id_issued_at=now())
    Backend.instance.save(client)
    held = models.Token(
        token_id="coe", access_token=token, client=client, audience=[client], subject=None, scope=["openid"],
        issue_date=now(), lifetime=24 * 3600,
    )  # fmt: skip
    Backend.instance.save(held)


class Heard(logging.Handler):
    """What canaille and its HTTP client say during a step: it logs what fails and goes on, telling nobody why."""

    def __init__(self, base_url):
        super().__init__(logging.INFO)
        self.base_url = base_url
        self.forget()

    def forget(self):
        self.requests, self.warnings = [], []

    def emit(self, record):
        if record.name == "httpx":
            method, url, _, status, _ = record.args
            self.requests.append([method, str(url).removeprefix(self.base_url), status])
        else:
            self.warnings.append(record.getMessage() + reason(sys.exc_info()[1]))


def reason(caught):
    """The exception being handled while a line is logged, with its notes: the client puts the details there."""
    if caught is None:
        return ""
    return f": {type(caught).__name__}: {caught} {' '.join(getattr(caught, '__notes__', []))}".rstrip()


def listen(base_url):
    heard = Heard(base_url)
    for name in ("canaille", "httpx"):
        logging.getLogger(name).addHandler(heard)
        logging.getLogger(name).setLevel(logging.INFO)
    return heard


class Steps:
    """What a person would do in canaille's pages, as the writes to its database that those pages make."""

    def __init__(self):
        from canaille.app import models
        from canaille.backends import Backend

        self.models, self.backend = models, Backend.instance

    def user(self, user_name):
        return self.found(self.models.User, user_name=user_name)

    def group(self, name):
        return self.found(self.models.Group, display_name=name)

    def found(self, model, **named):
        one = self.backend.get(model, **named)
        if one is None:
            raise LookupError(f"canaille has no {model.__name__} with {named}")
        return one

    def saved(self, one, **values):
        for name, value in values.items():
            if name not in type(one).attributes:
                raise AttributeError(f"canaille's {type(one).__name__} has no {name}")
            setattr(one, name, value)
        self.backend.save(one)
        return one.id

    def deleted(self, one):
        external_id = one.id
        self.backend.delete(one)
        return external_id

    def create_user(self, **values):
        return self.saved(self.models.User(), **values)

    def change_user(self, user, **values):
        return self.saved(self.user(user), **values)

    def lock_user(self, user):
        return self.saved(self.user(user), lock_date=now())

    def unlock_user(self, user):
        return self.saved(self.user(user), lock_date=None)

    def delete_user(self, user):
        return self.deleted(self.user(user))

    def create_group(self, name, members=()):
        people = [self.user(one) for one in members]
        return self.saved(self.models.Group(), display_name=name, members=people)

    def change_group(self, group, name):
        return self.saved(self.group(group), display_name=name)

    def add_members(self, group, members):
        found = self.group(group)
        return self.saved(found, members=[*found.members, *map(self.user, members)])

    def remove_members(self, group, members):
        found = self.group(group)
        return self.saved(found, members=[one for one in found.members if one.user_name not in members])

    def delete_group(self, group):
        return self.deleted(self.group(group))


def take(steps, heard, number, line):
    """One step, and what came of it as a line of JSON. An error ends the step, never the run."""
    heard.forget()
    do, external_id, error = None, None, None
    try:
        values = json.loads(line)
        do = values.pop("do")
        if do not in DOINGS:
            raise LookupError(f"no step is called {do}")
        external_id = getattr(steps, do)(**values)
    except Exception as caught:
        traceback.print_exc()
        # A write that failed half-way must not spoil the next.
        steps.backend.teardown()
        error = reason(caught).removeprefix(": ")
    fine = error is None and not heard.warnings and all(status < 300 for *_, status in heard.requests)
    said = {"requests": heard.requests, "warnings": heard.warnings, "error": error}
    return json.dumps({"step": number, "do": do, "ok": fine, "external_id": external_id, **said})


def run(base_url, token, lines):
    """Yield one answer for every line that is not blank."""
    from canaille import create_app

    with tempfile.TemporaryDirectory() as folder:
        # canaille would read a canaille.toml lying in the folder it is started from.
        os.chdir(folder)
        app = create_app(settings(Path(folder), base_url))
        heard = listen(base_url)
        # Never popped: a task that fails leaves its own context on top of this one.
        app.app_context().push()
        register(base_url, token)
        steps = Steps()
        for number, line in enumerate(filter(str.strip, lines), 1):
            yield take(steps, heard, number, line)
        os.chdir("/")


def accept_newer_config():
    """Let canaille read a ServiceProviderConfig that says more than RFC 7643 section 5, such as `pagination` (RFC 9865).

    Its models refuse an attribute they do not know and canaille then takes the whole service for one without SCIM. No
    version of them that knows `pagination` works with it, so this one model is told to pass over what it does not know.
    """
    from scim2_models import ServiceProviderConfig

    ServiceProviderConfig.model_config["extra"] = "ignore"
    ServiceProviderConfig.model_rebuild(force=True)


def main():
    newer, (base_url, token) = "--newer-config" in sys.argv, sys.argv[-2:]
    base_url = base_url.rstrip("/")
    # What the environment says of canaille is meant for another one.
    for name in [name for name in os.environ if name.startswith("CANAILLE")]:
        del os.environ[name]
    # The service is on this machine, whatever proxy the environment names.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    if newer:
        accept_newer_config()
    for answer in run(base_url, token, sys.stdin):
        print(answer, flush=True)


if __name__ == "__main__":
    main()
