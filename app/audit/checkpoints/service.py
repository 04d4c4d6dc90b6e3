"""Sealing and reading checkpoints, and holding a database against those that were kept."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from app.audit import rules as audit_rules
from app.audit import service as audit
from app.audit import store as audit_store
from app.audit import verifier
from app.audit.rules import Known
from app.audit.verifier import Altered, BadCheckpoint, Flaw
from app.kernel.pages import Page
from app.kernel.work import Work

from . import store
from .rules import Checkpoint, Notary

MOST: Final = 100_000
"""How many events at most are looked at for one checkpoint; for more there are several."""


def next_of(work: Work, notary: Notary) -> Checkpoint | Flaw | None:
    """A checkpoint of what was written since the last one, not yet kept anywhere; None where there is nothing new.

    Only what is found unaltered is signed: the first ``Flaw`` otherwise.
    """
    last = store.newest(work.session)
    seq, hash_ = (last.seq, last.hash) if last else (0, audit_rules.GENESIS)
    head = audit_store.newest(work.session)
    for one in (last, store.kept(notary.file, keys_of(notary))):
        if one is not None and audit_store.hash_at(work.session, one.seq) != one.hash:
            return Flaw(one.seq, f"event {one.seq} is not the one that was signed")
    until = min(head, seq + MOST)
    for seen in verifier.walk(audit_store.walk(work.session, seq, until), {}, seq, hash_):
        if isinstance(seen, Flaw):
            return seen
    sealed = audit_store.hash_at(work.session, until)
    return notary.sign(until, sealed, work.now) if sealed and until > seq else None


def add(work: Work, one: Checkpoint) -> bool:
    """Write a checkpoint; False where another process was first."""
    if not store.alone(work.session):
        return False
    last = store.newest(work.session)
    if last is not None and last.seq >= one.seq:
        return False
    store.add(work.session, one)
    return True


def checkpoints(work: Work, page: Page) -> list[Checkpoint]:
    """A page of checkpoints."""
    return store.page(work.session, page)


def newest(work: Work) -> Checkpoint | None:
    """The last checkpoint."""
    return store.newest(work.session)


def at(work: Work, seqs: Collection[int]) -> dict[int, Checkpoint]:
    """Checkpoints by their number."""
    return store.at(work.session, seqs) if seqs else {}


def keys_of(notary: Notary) -> dict[str, tuple[int, int]]:
    """The public keys of a notary, as ``verifier`` wants them."""
    return verifier.keys_of({"keys": list(notary.public.values())})


def verify(
    work: Work, notary: Notary, against: list[verifier.Checkpoint], progress: Callable[[int], None] | None = None
) -> tuple[Flaw | int, int]:
    """Verify the whole log, with the checkpoints of the table and with those that were kept elsewhere.

    Answers the first flaw or the number of events, and how many checkpoints there were.
    """
    keys, signed = keys_of(notary), list(against)
    for seq, signature in store.signatures(work.session):
        try:
            one = verifier.read(signature, keys)
        except BadCheckpoint as error:
            return Flaw(seq, f"the checkpoint of event {seq}: {error}"), 0
        if one.seq != seq:
            return Flaw(min(seq, one.seq), f"the checkpoint of event {one.seq} stands as that of event {seq}"), 0
        signed.append(one)
    try:
        known: Mapping[int, verifier.Checkpoint] = verifier.by_number(signed)
    except Altered as error:
        return Flaw(error.seq, str(error)), 0
    return audit.verify(work, known, progress), len(known)


def known(file: Path, notary: Callable[[], Notary]) -> Known:
    """What the file tells of the log; where there is no file, nothing is known. Raises ``BadCheckpoint``, ``OSError``."""
    if not file.exists():
        return Known()
    one = store.kept(file, keys_of(notary()))
    return Known(one.seq, one.hash) if one else Known()


def lacking(work: Work, known: Known) -> str | None:
    """What is wrong with a database that does not hold what is known, in words; None: it does."""
    seq, hash_ = known.newest
    if seq == 0 or audit_store.hash_at(work.session, seq) == hash_:
        return None
    return (
        f"the database ends with event {audit_store.newest(work.session)} and does not hold event {seq}, of which a signed"
        " checkpoint was kept: it is an older copy, or another"
    )


def accept_restore(work: Work, lost: tuple[int, str], reason: str) -> None:
    """An operator says that an older copy of the database was played in, and that it is to be gone on with."""
    seq, hash_ = lost
    after = {"lost_seq": seq, "lost_hash": hash_, "ends_with": audit.revision(work)}
    audit.record(work, "audit.restored", ("audit", "log"), after=after, reason=reason)
