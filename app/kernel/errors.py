"""The ways a command can be refused, named without any mention of HTTP.

Each class carries a stable ``code`` (the last part of the problem's ``type``) and a ``title``; the message is safe to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of the input: a JSON pointer (RFC 6901), a stable code, a sentence."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A command was understood and refused; the message is safe to show to the caller."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"
    family: ClassVar[str | None] = None
    """What the ``type`` begins with, where a standard has a name of its own for this problem; the code ends it."""
    keeps: bool = False
    """Set where the refusal rests on something that was found out just now and is to be kept: it commits, then refuses."""

    def __init__(
        self, detail: str, *, errors: Sequence[FieldError] = (), members: Mapping[str, Any] | None = None
    ) -> None:
        """``errors``: per-field findings. ``members``: extension members of the problem document (RFC 9457 3.2)."""
        super().__init__(detail)
        self.errors = tuple(errors)
        self.members = dict(members or {})


class Invalid(DomainError):
    """The input cannot mean anything here; nothing was changed."""

    code = "validation"
    title = "The input is not valid"

    @classmethod
    def field(cls, pointer: str, code: str, message: str) -> "Invalid":
        """One field is at fault."""
        return cls(message, errors=[FieldError(pointer, code, message)])


class MalformedRequest(DomainError):
    """The request cannot even be read: bad JSON, a bad header, a cursor that is not ours."""

    code = "malformed_request"
    title = "The request cannot be read"


class InvalidCursor(MalformedRequest):
    code = "invalid_cursor"
    title = "The cursor is not one of ours, or belongs to another query"


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    title = "The body has a type or encoding that is not accepted here"


class TooLarge(DomainError):
    code = "too_large"
    title = "The body is larger than accepted"


class Unauthenticated(DomainError):
    """Nobody we know is asking; the text is the same for every cause (trust: 4.A)."""

    code = "invalid_token"
    title = "A valid bearer token is needed"


class Forbidden(DomainError):
    """Seen but not allowed; what one may not even see is ``NotFound`` (the field's rule)."""

    code = "forbidden"
    title = "You may not do this"


class NotFound(DomainError):
    """Not there, or not yours to see: the two cannot be told apart."""

    code = "not_found"
    title = "There is no such thing, or it is not yours to see"


class Conflict(DomainError):
    """The input is sound, but things are not in a state for it; the codes of the subclasses say in which they are."""

    code = "conflict"
    title = "The present state does not allow this"


class Gone(DomainError):
    """It was good once, and its time is over."""

    code = "gone"
    title = "The time of this is over"


class PreconditionFailed(DomainError):
    """RFC 9110 13.1.1: the thing changed since the caller read it."""

    code = "precondition_failed"
    title = "The thing has changed since you read it"


class Unavailable(DomainError):
    """It cannot be answered now; trying again later may help."""

    code = "unavailable"
    title = "This cannot be answered at the moment"


class StorageFull(Unavailable):
    """There is no room for what was to be written."""

    code = "storage_full"
    title = "The database has no room left"
