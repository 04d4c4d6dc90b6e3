"""One unit of work: who acts, at which instant, through which session, and what is to be told about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from .actor import Actor
from .clock import Reading, reading
from .database import check_version


@dataclass(frozen=True, slots=True)
class Personal:
    """A value that belongs to a person and must be erasable: the audit chain holds only its salted digest."""

    value: Any


@dataclass(frozen=True, slots=True)
class Record:
    """One change, as the audit log will tell it.

    ``before`` and ``after`` map field names to JSON values, or to ``Personal`` ones, which belong to ``person_id``.
    """

    action: str
    subject_kind: str
    subject_id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None
    on_behalf_of: UUID | None = None
    person_id: UUID | None = None


class Versioned(Protocol):
    """A value with the version of its row."""

    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


@dataclass(slots=True)
class Work:
    """Handed to every service function. Records are only collected here; they are sealed when the work ends.

    ``closing``: what is still to be done before that, once, however often something in the work gave cause for it.
    ``began``: our clocks when ``now`` was taken from them.
    ``once``: members of the answer that are shown this one time, and not when it is repeated under its Idempotency-Key.
    """

    session: Session
    actor: Actor
    now: datetime
    request_id: str | None = None
    if_match: tuple[int, ...] | None = None
    records: list[Record] = field(default_factory=list)
    closing: list[Callable[["Work"], None]] = field(default_factory=list)
    once: frozenset[str] = frozenset()
    etag: int | None = None
    began: Reading = field(default_factory=reading)

    def match(self, entity: Versioned) -> None:
        """The caller's If-Match must name the version we hold, else ``PreconditionFailed``."""
        check_version(entity, self.if_match)

    def show(self, entity: V) -> V:
        """Answer with this value: its version becomes the reply's ETag."""
        self.etag = entity.version
        return entity

    @property
    def me(self) -> UUID:
        """The acting employee's id. Only for permissions that nobody but employees can hold."""
        if self.actor.id is None:
            raise RuntimeError("no employee is acting")
        return self.actor.id
