"""Notices on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import Email, NoticeKind, NoticeState

_INSTANTS = ("due_at", "sent_at", "created_at", "updated_at")


class NoticeSubject(Out):
    """What it is about; without an id it is about all of its kind."""

    kind: str
    id: UUID | None


class PersonalNotice(Out):
    """Something that you are told. ``state`` is that of the e-mail."""

    id: UUID
    kind: NoticeKind
    subject: NoticeSubject
    title: str
    text: str
    link: str
    state: NoticeState
    due_at: Instant
    sent_at: Instant | None
    created_at: Instant
    updated_at: Instant


def notice(one: rules.Told, public_url: str) -> PersonalNotice:
    """A notice as its reader gets it."""
    members = {name: getattr(one.notice, name) for name in ("id", "kind", "state", *_INSTANTS)}
    about = NoticeSubject(kind=one.notice.subject_kind, id=one.notice.subject_id)
    return PersonalNotice(subject=about, title=one.title, text=one.text, link=f"{public_url}{one.link}", **members)


class NotificationChoice(In):
    """What you want by e-mail. Kinds that you do not name are as they are for who never chose."""

    email: Annotated[Email, Field(examples=["daily"])]
    kinds: Annotated[
        dict[NoticeKind, StrictBool],
        Field(description="Kinds to be mailed or not.", examples=[{"grant_resumed": False}]),
    ] = {}


class NotificationSettings(Out):
    """What you get by e-mail, every kind with whether it is on; ``updated_at`` is null until you choose."""

    email: Email
    kinds: dict[NoticeKind, bool]
    updated_at: Instant | None


def settings(chosen: rules.Preferences) -> NotificationSettings:
    """What somebody chose, with what holds where they did not."""
    return NotificationSettings(email=chosen.email, kinds=chosen.all_kinds(), updated_at=chosen.updated_at)
