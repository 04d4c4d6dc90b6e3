"""Looking whether an installation is as it should be: settings, database, clock, keys, log. It changes nothing."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from app import migrating
from app.audit import store as audit
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.rules import Notary
from app.audit.verifier import BadCheckpoint, Flaw
from app.identity import signing
from app.kernel.access import House, operator_work
from app.kernel.clock import DECIDES_WITHIN, Clock
from app.kernel.outbound import LOOPBACK
from app.kernel.work import Work
from app.settings import Settings

from . import rules, store
from .rules import Finding, doubtful, well, wrong

GUARDS = {"sqlite": 5, "postgresql": 3}
"""How many triggers guard the log, by database."""


def examine(
    told: Settings, parts: House, notary: Callable[[], Notary], progress: Callable[[int], None] | None = None
) -> Iterator[Finding]:
    """Everything that can be looked at, each by itself. Raises what the database raises that does not answer."""
    yield from _settings(told)
    engine = parts.writes.kw["bind"]
    yield well("database", f"{store.version(engine)} answers.")
    behind = migrating.behind(engine)
    if behind:
        yield wrong("schema", f"{behind}; run `coe migrate`.")
        return
    yield well("schema", "The database is at the newest revision.")
    yield from _keys(told)
    yield from _room(told)
    with operator_work(parts, write=False) as work:
        yield from _postgres(work, parts.clock) if not told.sqlite else _sqlite(work)
        yield _guards(work)
        yield from _log(work, told, notary(), progress) if signing.held(told.keys) else (_keyless(work, told.keys),)


def _settings(told: Settings) -> Iterator[Finding]:
    local = any(f"//{host}" in told.public_url for host in LOOPBACK)
    if local:
        yield doubtful("address", f"COE_PUBLIC_URL is {told.public_url}: nobody on another machine reaches that.")
    else:
        yield well("address", f"COE_PUBLIC_URL is {told.public_url}.")
    if told.sqlite:
        yield doubtful("engine", "SQLite is for one machine; COE_DATABASE_URL names PostgreSQL in production.")
    if told.smtp_url is None:
        yield doubtful("mail", "COE_SMTP_URL is not set: notices are listed, and nobody gets a mail.")
    if not told.sweep_seconds:
        yield doubtful("sweeping", "COE_SWEEP_SECONDS is 0: run `coe sweep` every minute by other means.")


def _keys(told: Settings) -> Iterator[Finding]:
    if not signing.held(told.keys):
        return
    try:
        ring = signing.key_ring(told.keys)
        yield well("keys", f"{1 + len(ring.older)} signing key(s) in {told.keys}; {ring.newest.kid} signs.")
    except (signing.UnsafeKeys, OSError) as error:
        yield wrong("keys", str(error))


def _keyless(work: Work, directory: Path) -> Finding:
    if checkpoints.newest(work) is not None:
        return wrong(
            "keys", f"The log was signed, and no key is in {directory}: does COE_KEY_DIR name another directory?"
        )
    return doubtful("keys", f"There is no key in {directory} yet: the first start makes some.")


def _room(told: Settings) -> Iterator[Finding]:
    places = {told.keys, told.checkpoints.parent, told.spool, Path(told.database_url.removeprefix("sqlite:///")).parent}
    for place in sorted(one for one in places if one.is_dir()):
        free = shutil.disk_usage(place).free
        if free < rules.LITTLE_ROOM:
            yield wrong("room", f"{free // 2**20} MiB are left on the disk of {place}.")


def _postgres(work: Work, clock: Clock) -> Iterator[Finding]:
    skew = clock() - store.clock(work.session)
    if abs(skew) > DECIDES_WITHIN:
        yield wrong(
            "clock", f"Ours is {skew.total_seconds():+.1f} s from the database's: nothing is decided until they agree."
        )
    else:
        yield well("clock", "Ours and the database's agree.")
    off = [name for name, value in store.settings(work.session).items() if value == "off"]
    lost = [name for name in off if name != "data_checksums"]
    if lost:
        yield wrong("durability", f"{', '.join(lost)} is off: what was confirmed can be lost.")
    else:
        yield well("durability", "What is confirmed is on the disk.")
    if store.may_alter_log(work.session):
        yield doubtful(
            "role", "Our database role owns the audit log; migrate by another (COE_MIGRATION_DATABASE_URL), so that it can"
            " only be added to."
        )  # fmt: skip
    else:
        yield well("role", "Our database role can only read the audit log and add to it.")


def _sqlite(work: Work) -> Iterator[Finding]:
    broken = store.integrity(work.session)
    yield wrong("file", f"SQLite says: {broken[0]}") if broken else well("file", "SQLite finds its file whole.")


def _guards(work: Work) -> Finding:
    wanted = GUARDS[work.session.get_bind().dialect.name]
    found = store.guards(work.session)
    if found < wanted:
        return wrong("guards", f"{wanted - found} of the triggers are gone that keep the audit log as it was written.")
    return well("guards", "The database refuses to alter the audit log.")


def _log(work: Work, told: Settings, notary: Notary, progress: Callable[[int], None] | None) -> Iterator[Finding]:
    try:
        known = checkpoints.known(told.checkpoints, lambda: notary)
    except (BadCheckpoint, OSError) as error:
        yield wrong("checkpoints", f"{told.checkpoints}: {error}")
        return
    lacking = checkpoints.lacking(work, known)
    if lacking:
        yield wrong("checkpoints", f"{lacking}. If an older copy was played in: `coe audit accept-restore`.")
        return
    found, signed = checkpoints.verify(work, notary, [], progress)
    if isinstance(found, Flaw):
        yield wrong("log", f"Altered at {found.seq}: {found.what}.")
        return
    yield well("log", f"{found} events and {signed} checkpoints are as they were written.")
    yield _signed(work)


def _signed(work: Work) -> Finding:
    newest = checkpoints.newest(work)
    first = audit.first_behind(work.session, newest.seq if newest else 0)
    if first is not None and datetime.fromisoformat(first) < work.now - rules.UNSIGNED:
        return wrong("signing", f"What was written since {first} is not signed: does any process sweep?")
    return well("signing", "Everything older than a moment is signed.")
