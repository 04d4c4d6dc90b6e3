"""Passports and their revocations as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.text import Line
from app.kernel.wire import In, Instant, Out

from .rules import Passport as PassportValue
from .rules import Revocations as RevocationsValue
from .rules import StoppedState


class NewPassport(In):
    """For whom it is; unless told, for whoever checks passports of this service."""

    audience: Line | None = None


class Passport(Out):
    """A signed passport (JWT); its claims are described in `docs/passports.md`."""

    passport: str
    expires_at: Instant
    audience: str


class Stopped(Out):
    """A grant whose passports count no more."""

    grant_id: UUID
    state: StoppedState
    at: Instant


class Revocations(Out):
    """The grants that ended, were paused or frozen since an instant, and still are: refuse their passports."""

    generated_at: Instant
    since: Instant
    revision: Annotated[str, Field(description="The newest write that this list knows of, as `Coe-Revision` has it.")]
    items: list[Stopped]


def passport(one: PassportValue) -> Passport:
    """A passport for its bearer."""
    return Passport(passport=one.token, expires_at=one.expires_at, audience=one.audience)


def revocations(one: RevocationsValue) -> Revocations:
    """The list for tools that want to know before a passport expires."""
    return Revocations(
        generated_at=one.generated_at,
        since=one.since,
        revision=str(one.revision),
        items=[Stopped.model_validate(each) for each in one.items],
    )
