"""Where checkpoints are kept: in a table, and in a file that no statement reaches."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import verifier
from app.audit.verifier import BadCheckpoint
from app.kernel import kept as files
from app.kernel.database import try_advisory_lock, value_of
from app.kernel.pages import Page, keyset

from .rules import Checkpoint
from .tables import AuditCheckpoint

LOCK = 0x636F_6520
_TAIL_BYTES = 64 * 1024
Keys = Mapping[str, tuple[int, int]]
"""Public RSA keys: ``kid`` -> modulus, exponent."""


def alone(session: Session) -> bool:
    """Is no other process adding a checkpoint at this moment? Holds until the transaction ends."""
    return try_advisory_lock(session, LOCK)


def newest(session: Session) -> Checkpoint | None:
    """The last checkpoint."""
    row = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)).first()
    return value_of(Checkpoint, row) if row else None


def at(session: Session, seqs: Collection[int]) -> dict[int, Checkpoint]:
    """Checkpoints by their number."""
    rows = session.scalars(select(AuditCheckpoint).where(AuditCheckpoint.seq.in_(seqs)))
    return {row.seq: value_of(Checkpoint, row) for row in rows}


def add(session: Session, one: Checkpoint) -> None:
    """Write a checkpoint."""
    session.add(AuditCheckpoint(**{name: getattr(one, name) for name in Checkpoint.__slots__}))
    session.flush()


def page(session: Session, page: Page) -> list[Checkpoint]:
    """Checkpoints by their number, one more than the page's limit if there are more."""
    stmt = keyset(select(AuditCheckpoint), ((AuditCheckpoint.seq, page.descending),), page)
    return [value_of(Checkpoint, row) for row in session.scalars(stmt)]


def signatures(session: Session) -> Iterator[tuple[int, str]]:
    """The number and the signature of every checkpoint, in order."""
    stmt = select(AuditCheckpoint.seq, AuditCheckpoint.signature).order_by(AuditCheckpoint.seq)
    with session.execute(stmt.execution_options(yield_per=1000)) as found:
        yield from found


def keep(file: Path, one: Checkpoint) -> None:
    """Add a checkpoint to the file. Raises ``OSError``."""
    files.add(file, [one.line()])


def kept(file: Path, keys: Keys) -> verifier.Checkpoint | None:
    """The newest checkpoint of the file; None where there is none. Raises ``BadCheckpoint``, ``OSError``."""
    try:
        with file.open("rb") as opened:
            begins = max(0, file.stat().st_size - _TAIL_BYTES)
            opened.seek(begins)
            lines = opened.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    found: verifier.Checkpoint | None = None
    for number, line in enumerate(lines):
        try:
            one = next(verifier.checkpoints_of([line], keys), None)
        except BadCheckpoint:
            if number == 0 and begins:  # cut off by where we began to read
                continue
            raise
        if one is not None and (found is None or one.seq > found.seq):
            found = one
    return found
