"""What is there before any event, what is worked out of what was told, and what is no state."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.directory.rules import ROOT_ID, ROOT_KEY
from app.kernel.text import folded, key_of
from app.networks.rules import known

from .steps import Put, Step
from .told import ERASED

BEGUN: Final = "2026-01-01T00:00:00.000000Z"
"""When, by the migrations, everything began that no event tells of."""
Make = Callable[[Any], Any]


def beginnings() -> Iterator[Step]:
    """What the migrations put into an empty database: the root of the tree, and the networks that everybody knows."""
    begun = {"created_at": BEGUN}
    root = {"key": ROOT_KEY, "name": "Enterprise", "timezone": "UTC", "state": "open"}
    yield Put("business_unit", {"id": str(ROOT_ID)}, root, begun)
    for one in known():
        yield Put("network", {"key": one.key}, {"data": one.as_data()}, begun)


def _key(value: Any) -> Any:
    return value and key_of(value)


def _folded(value: Any) -> Any:
    return value and folded(value)


KEYED: Mapping[str, Mapping[str, Make]] = {
    "business_unit": {"name": _key},
    "employee": {
        **dict.fromkeys(("user_name", "email", "given_name", "family_name", "display_name", "title", "location"), _key),
        "attributes": _folded,
    },
    "directory_group": {"display_name": _key},
}
"""By table, the columns beside which one stands whose name ends in ``_key``, and how that is made of it."""


def with_keys(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row with the keys that are made of them."""
    keyed = KEYED.get(table, {})
    made = {
        name: make(values[name]) if values[name] is not ERASED else ERASED
        for name, make in keyed.items()
        if name in values
    }
    return {**values, **{f"{name}_key": value for name, value in made.items()}}


def paths(parents: Mapping[str, str | None]) -> dict[str, str]:
    """By unit, the ids from the root down to it, joined as ``business_unit.path`` has them (ids in hex, as are those told)."""
    found: dict[str, str] = {}
    for unit in parents:
        above, one = [unit], parents[unit]
        while one is not None and one not in above:
            above.insert(0, one)
            one = parents.get(one)
        found[unit] = "/".join(above)
    return found


NO_STATE: Mapping[str, str] = {
    "audit_checkpoint": "signatures over the log",
    "audit_event": "it is the log",
    "audit_personal": "it is the log",
    "authorization_code": "a login under way: whoever it was for logs in again",
    "console_session": "a sign-in under way: whoever it was signs in again",
    "erased_person": "digests of what is not to be known: when somebody was erased, the log tells",
    "idempotent_reply": "answers that are kept for a day, so that a call can be repeated",
    "import_reject": "rows of a file that changed nothing",
    "import_run": "how far an import came: what it wrote stands where it wrote it",
    "login": "a secret: a password is set again",
    "login_throttle": "how often somebody failed to log in within the last minutes",
    "notice": "mail and its progress: told once, and forgotten after a while",
    "webhook": "addresses and secrets of receivers: whoever owns one registers it again",
    "webhook_delivery": "what was sent: the log itself is what is told, again from any event on",
}
"""By table, why nobody needs the log to rebuild it."""
NO_STATE_COLUMNS: Mapping[str, str] = {
    "version": "how often a row was written: a caller's copy of it is worth nothing after a rebuilding",
    "updated_at": "when a row was written last, also by what says nothing new; the log tells when something was changed",
    "request.blocked_at": "that the alarm was raised: whether anybody may decide is worked out whenever it is asked",
    "client.secret_hash": "a secret: the log tells no digest of one",
    "group_member.display": "how a feed calls a member, whose name stands elsewhere",
    "notification_settings.id": "nothing refers to it: the person is its key",
    **{
        f"access_task.{name}": "whom to call, which may hold the caller's secrets, and how far that came"
        for name in (
            "callback_url", "callback_says", "callback_events", "callback_state", "callback_due_at", "claimed_until",
            "attempts", "last_error",
        )
    },
}  # fmt: skip
"""By column, of one table or (without a table) of all, why nobody needs the log to rebuild it."""
CHANGES_NOTHING: Mapping[str, str] = {
    "account.orphaned": "it is said of an account whose last custodian has left, and nothing is set by it",
    "audit.restored": "what was lost with an older copy is told by its number",
    "appointment.refused": "nobody was appointed",
    "directory.unusual_terminations": "an alarm: who left is told beside",
    "group_mapping.refused": "nobody was moved",
    "import.started": NO_STATE["import_run"],
    "import.finished": NO_STATE["import_run"],
    **{f"login.{what}": NO_STATE["login_throttle"] for what in ("accepted", "refused", "throttled")},
    "login.ended": NO_STATE["console_session"],
    "passport.issued": "a passport is signed and handed out, not kept",
    "password.set": NO_STATE["login"],
    "registration.blocked": NO_STATE_COLUMNS["request.blocked_at"],
    "rights_request.blocked": NO_STATE_COLUMNS["request.blocked_at"],
    "route.denied": "nothing was done",
    "token.issued": "a token is signed and handed out, not kept",
    "token.ended": NO_STATE["authorization_code"],
    **{
        f"webhook.{done}": NO_STATE["webhook"]
        for done in ("created", "updated", "rotated", "disabled", "enabled", "removed", "replayed")
    },
}
"""By action, why nothing is rebuilt from it."""


def rebuilt(table: str, column: str) -> bool:
    """Does the log tell of this column?"""
    return table not in NO_STATE and not {column, f"{table}.{column}"} & NO_STATE_COLUMNS.keys()
