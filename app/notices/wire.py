"""Notices on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import Email, Kind, NoticeState

_INSTANTS = ("due_at", "sent_at", "created_at", "updated_at")


class Subject(Out):
    """What it is about; without an id it is about all of its kind."""

    kind: str
    id: UUID | None


class Notice(Out):
    """Something that you are told. ``state`` is that of the e-mail."""

    id: UUID
    kind: Kind
    subject: Subject
    title: str
    text: str
    link: str
    state: NoticeState
    due_at: Instant
    sent_at: Instant | None
    created_at: Instant
    updated_at: Instant


def notice(one: rules.Told, public_url: str) -> Notice:
    """A notice as its reader gets it."""
    members = {name: getattr(one.notice, name) for name in ("id", "kind", "state", *_INSTANTS)}
    about = Subject(kind=one.notice.subject_kind, id=one.notice.subject_id)
    return Notice(subject=about, title=one.title, text=one.text, link=f"{public_url}{one.link}", **members)


class Choice(In):
    """What you want by e-mail. Kinds that you do not name are as they are for who never chose."""

    email: Annotated[Email, Field(examples=["daily"])]
    kinds: Annotated[
        dict[Kind, bool], Field(description="Kinds to be mailed or not.", examples=[{"grant_resumed": False}])
    ] = {}


class Settings(Out):
    """What you get by e-mail, every kind with whether it is on; ``updated_at`` is null until you choose."""

    email: Email
    kinds: dict[Kind, bool]
    updated_at: Instant | None


def settings(chosen: rules.Preferences) -> Settings:
    """What somebody chose, with what holds where they did not."""
    return Settings(email=chosen.email, kinds=chosen.all_kinds(), updated_at=chosen.updated_at)
