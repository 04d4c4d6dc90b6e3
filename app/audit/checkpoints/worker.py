"""Making checkpoints: read and verified in one snapshot, added in a short transaction, then kept in the file."""

from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Gauge

from app.audit.rules import Known
from app.audit.verifier import Flaw
from app.kernel.access import House, operator_work

from . import service, store
from .rules import Checkpoint, Notary

SECONDS: Final = 25.0
"""How often is looked whether there is something to sign; with the time it takes, less than a minute after each event."""
_ALTERED = Gauge("coe_audit_altered", "1: the audit log is not what was written, as the log says; nothing is signed.")
_log = structlog.get_logger(__name__)


class NotSigned(Exception):
    """The log is not what was written."""


def seal(notary: Callable[[], Notary], parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Sign what was written since the last checkpoint; answers how many checkpoints were made. Raises ``NotSigned``."""
    made = 0
    while not stopping():
        with operator_work(parts, write=False) as work:
            one = service.next_of(work, notary())
        if isinstance(one, Flaw):
            _ALTERED.set(1)
            _log.error("audit_altered", seq=one.seq, what=one.what)
            raise NotSigned(f"altered at {one.seq}: {one.what}")
        _ALTERED.set(0)
        if one is None or not _kept(parts, notary(), one):
            break
        made += 1
    return made


def _kept(parts: House, notary: Notary, one: Checkpoint) -> bool:
    with operator_work(parts) as work:
        added = service.add(work, one)
    if added:
        try:
            store.keep(notary.file, one)
        except OSError as error:  # it stands in the database; what is lost is that an older copy is noticed
            _log.error("checkpoint_not_kept", file=str(notary.file), error=str(error))
    return added


def begin_anew(notary: Notary, parts: House, known: Known, reason: str) -> None:
    """Go on with an older copy of the database: what was kept of the lost history is put aside, and the log tells of it."""
    with operator_work(parts) as work:
        service.accept_restore(work, known.newest, reason)
        aside = notary.file.with_name(f"{notary.file.name}.until-{work.now:%Y%m%dT%H%M%SZ}")
    notary.file.rename(aside)
    seal(lambda: notary, parts)
