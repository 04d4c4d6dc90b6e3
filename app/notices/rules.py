"""What people are told, in which words, when; and how a mail server is named. Adding a kind is adding data."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

DIGEST_AT = time(8)
"""When the daily mail goes out, in the time zone of the person's unit."""
ENDING_WITHIN = timedelta(days=14)
LATE_WITHIN = timedelta(days=3)
"""So long before rights pause for want of an attestation its holder is told once more."""
STALE_AFTER = timedelta(days=7)
"""What could not be sent for so long is news no more: it is not sent, only listed."""
KEPT_FOR = timedelta(days=180)
MOST_ATTEMPTS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NoticeKind(StrEnum):
    """What a notice is about."""

    STEP_OPEN = "step_open"
    STEP_OVERDUE = "step_overdue"
    REQUEST_GRANTED = "request_granted"
    REQUEST_DENIED = "request_denied"
    REQUEST_CHANGES = "request_changes_requested"
    REQUEST_EXPIRED = "request_expired"
    REQUEST_BLOCKED = "request_blocked"
    GRANTED_BY_UNIT = "granted_by_unit"
    GRANT_REVOKED = "grant_revoked"
    GRANT_SUSPENDED = "grant_suspended"
    GRANT_RESUMED = "grant_resumed"
    GRANT_REVIEW_DUE = "grant_review_due"
    GRANT_ENDING = "grant_ending"
    ATTESTATION_DUE = "attestation_due"
    ATTESTATION_LATE = "attestation_late"
    CLEARANCE_OPEN = "clearance_open"
    CLEARANCE_CLEARED = "clearance_cleared"
    CLEARANCE_DENIED = "clearance_denied"
    REVIEW_OPEN = "review_open"
    RETIREMENT_OPEN = "retirement_open"
    RETIREMENT_DUE = "retirement_due"
    ACCOUNT_ORPHANED = "account_orphaned"
    FORMER_HANDLE_ACTIVE = "former_handle_active"
    SUSPENDED_ACCOUNT_ACTIVE = "suspended_account_active"
    UNUSUAL_TERMINATIONS = "unusual_terminations"
    POLICY_PUBLISHED = "policy_published"
    WEBHOOK_DISABLED = "webhook_disabled"


class Email(StrEnum):
    """When somebody wants mail."""

    IMMEDIATELY = "immediately"
    DAILY = "daily"
    OFF = "off"


class NoticeState(StrEnum):
    """``waiting`` to be sent; ``dropped``: it is listed and was never to be mailed, or not any more."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Saying:
    """A kind in words. Braces stand for facts; a title never names a person."""

    title: str
    text: str


_ASKS = "{requester} asks for {what}{beneficiary}."
SAYINGS: Mapping[NoticeKind, Saying] = MappingProxyType(
    {
        NoticeKind.STEP_OPEN: Saying(
            "Waits for your decision: {what}", _ASKS + " You are among those who may decide, by {due}."
        ),
        NoticeKind.STEP_OVERDUE: Saying(
            "Overdue: {what}", _ASKS + " It should have been decided by {due}; you are among those who may decide now."
        ),
        NoticeKind.REQUEST_GRANTED: Saying(
            "Granted: {what}", "The request of {requester} for {what}{beneficiary} was granted."
        ),
        NoticeKind.REQUEST_DENIED: Saying(
            "Denied: {what}", "The request of {requester} for {what}{beneficiary} was denied."
        ),
        NoticeKind.REQUEST_CHANGES: Saying(
            "Changes wanted: {what}",
            "Whoever decides about {what} wants something changed first. Your edit sends the request on its way again.",
        ),
        NoticeKind.REQUEST_EXPIRED: Saying(
            "Not decided in time: {what}",
            "Nobody decided in time about the request of {requester} for {what}{beneficiary}; it has expired. Ask anew.",
        ),
        NoticeKind.REQUEST_BLOCKED: Saying(
            "Nobody is left to decide: {what}",
            _ASKS + " Nobody is left who may decide it. Appointing somebody cures that.",
        ),
        NoticeKind.GRANTED_BY_UNIT: Saying(
            "Granted by a unit alone: {what}",
            "The request of {requester} for {what}{beneficiary} was granted by the unit, effective at once. "
            "Revoking it with a reason is the hub's veto; it can be given for {days} working days.",
        ),
        NoticeKind.GRANT_REVOKED: Saying(
            "Revoked: {what}", "Your right was revoked: {what}. The grant tells by whom and why."
        ),
        NoticeKind.GRANT_SUSPENDED: Saying(
            "Paused: {what}", "Your right was paused: {what}. The grant tells by whom and why."
        ),
        NoticeKind.GRANT_RESUMED: Saying("Works again: {what}", "Your right works again: {what}."),
        NoticeKind.GRANT_REVIEW_DUE: Saying(
            "To be reviewed: {what}",
            "You have moved to another unit. Unless somebody keeps your right by {due}, it pauses: {what}.",
        ),
        NoticeKind.GRANT_ENDING: Saying(
            "Ends soon: {what}", "Your right ends on {due}: {what}. Renew it if you still need it."
        ),
        NoticeKind.ATTESTATION_DUE: Saying(
            "To be accepted: {what}",
            "Read it and accept it: your rights under this policy pause on {due} until you have.",
        ),
        NoticeKind.ATTESTATION_LATE: Saying(
            "Not accepted yet: {what}", "Your rights under this policy pause on {due} until you have accepted it."
        ),
        NoticeKind.CLEARANCE_OPEN: Saying(
            "A post to be cleared: {what}", "{requester} wants a post on {what} cleared, by {due}."
        ),
        NoticeKind.CLEARANCE_CLEARED: Saying(
            "Cleared: a post on {what}", "This very content may go out on {what} once, until {due}."
        ),
        NoticeKind.CLEARANCE_DENIED: Saying(
            "Not cleared: a post on {what}", "The post was not cleared; the clearance tells by whom and why."
        ),
        NoticeKind.REVIEW_OPEN: Saying(
            "To be reviewed: {what}",
            "What waits for you stands among your approvals. Answer by {due}: what nobody answers is ended.",
        ),
        NoticeKind.RETIREMENT_OPEN: Saying(
            "Still needed? {what}",
            "You look after accounts that may be retired. Say by {due} which are to be kept, and why; what nobody answers for "
            "is left to the hub.",
        ),
        NoticeKind.RETIREMENT_DUE: Saying(
            "Left to the hub: {what}",
            "The time to answer is over. {left} of the accounts that {what} asks about wait for the hub: nobody has answered "
            "for them, or whoever looks after them would have them retired.",
        ),
        NoticeKind.ACCOUNT_ORPHANED: Saying(
            "Nobody looks after {what}",
            "The last custodian of {what} has left; you are proposed to look after it, or to find who does.",
        ),
        NoticeKind.FORMER_HANDLE_ACTIVE: Saying(
            "Posts go out on what was ours: {what}",
            "{what} was one of our accounts, and was seen to post since. Does somebody else have the handle? Dispute it, "
            "or say why it is no matter.",
        ),
        NoticeKind.SUSPENDED_ACCOUNT_ACTIVE: Saying(
            "Posts go out on a suspended account: {what}",
            "{what} is suspended, and was seen to post since. Does somebody else have the login? Until it is "
            "decommissioned the public is told that it is official.",
        ),
        NoticeKind.UNUSUAL_TERMINATIONS: Saying(
            "Unusually many people have left",
            "{left} of {active} people have left within a day, and their rights have ended. Is HR's feed in order?",
        ),
        NoticeKind.POLICY_PUBLISHED: Saying("Published: {what}", "A version was published: {what}."),
        NoticeKind.WEBHOOK_DISABLED: Saying(
            "Told nothing more: {what}",
            "{why} Made active again, it goes on where it stopped: nothing is lost until then.",
        ),
    }
)
OFF_UNLESS_WANTED = frozenset({NoticeKind.POLICY_PUBLISHED})
"""Kinds that nobody gets who has not turned them on."""
LINKS: Mapping[str, str] = MappingProxyType(
    {
        "rights_request": "/v1/rights-requests/{subject}",
        "registration": "/v1/accounts/{account_id}",
        "grant": "/v1/grants/{subject}",
        "account": "/v1/accounts/{subject}",
        "clearance": "/v1/clearances/{subject}",
        "retirement": "/v1/retirements/{subject}/items?waits_for=me",
        "review": "/v1/reviews/{subject}",
        "policy_version": "/v1/policies/{policy_id}/versions/{n}",
        "directory": "/v1/directory/changes",
        "discovery": "/v1/discoveries/{subject}",
        "webhook": "/v1/webhooks/{subject}",
    }
)
"""Where the subject of a notice is read, below the public address."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one person is told."""

    id: UUID
    employee_id: UUID
    kind: NoticeKind
    subject_kind: str
    subject_id: UUID | None
    about_at: datetime | None
    data: Mapping[str, Any]
    state: NoticeState
    batch_id: UUID
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    claimed_until: datetime | None
    attempts: int
    sent_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Telling:
    """A notice before it has readers: what is told, about what, and whom it concerns."""

    kind: NoticeKind
    readers: frozenset[UUID]
    subject_kind: str
    subject_id: UUID | None
    data: Mapping[str, Any] = field(default_factory=dict)
    about_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody wants by e-mail; ``version`` 0: they have never chosen."""

    email: Email = Email.IMMEDIATELY
    kinds: Mapping[NoticeKind, bool] = field(default_factory=dict)
    updated_at: datetime | None = None
    version: int = 0

    def wants(self, kind: NoticeKind) -> bool:
        """Is this kind to be mailed at all?"""
        return self.email is not Email.OFF and self.kinds.get(kind, kind not in OFF_UNLESS_WANTED)

    def all_kinds(self) -> dict[NoticeKind, bool]:
        """Every kind, with whether it is on."""
        return {kind: self.kinds.get(kind, kind not in OFF_UNLESS_WANTED) for kind in NoticeKind}


def due(preferences: Preferences, now: datetime, zone: ZoneInfo) -> datetime:
    """When a notice made now is to be mailed."""
    if preferences.email is not Email.DAILY:
        return now
    today = now.astimezone(zone).date()
    morning = datetime.combine(today, DIGEST_AT, zone)
    later = morning if morning > now else datetime.combine(today + timedelta(days=1), DIGEST_AT, zone)
    return later.astimezone(UTC)


def batch(employee_id: UUID, due_at: datetime) -> UUID:
    """What the notices of one daily mail have in common."""
    return uuid5(employee_id, due_at.astimezone(UTC).isoformat())


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many attempts; ``jitter`` (0 to 1) keeps many from coming back at once."""
    grown: timedelta = min(_FIRST_PAUSE * 3 ** (attempts - 1), _LONGEST_PAUSE)
    return grown * (0.8 + 0.4 * jitter)


def one_line(text: str, longest: int = 200) -> str:
    """Text that may stand in a header: a single line, nothing invisible."""
    seen = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    return " ".join(seen.split())[:longest]


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as a person reads it. ``link`` is a path below the public address."""

    notice: Notice
    title: str
    text: str
    link: str


def told(notice: Notice, names: Mapping[UUID, str], accounts: Mapping[UUID, str], zone: ZoneInfo) -> Told:
    """A notice in words; ``names``: the display names of the people in it, ``accounts``: how accounts are called."""
    data = dict(notice.data)
    facts = {
        **data,
        "requester": _name(data.get("requester_id"), names),
        "beneficiary": _for(data, names),
        "what": _what(data, accounts),
        "due": _day(data.get("due"), zone),
    }
    saying = SAYINGS[notice.kind]
    link = LINKS[notice.subject_kind].format(subject=notice.subject_id, **data)
    return Told(notice, one_line(saying.title.format(**facts)), one_line(saying.text.format(**facts), 1000), link)


def _what(data: Mapping[str, Any], accounts: Mapping[UUID, str]) -> str:
    account = accounts.get(UUID(data["account_id"]), "an account") if "account_id" in data else data.get("about", "")
    rights = ", ".join(data.get("rights", ()))
    if rights:
        return f"{rights} on {account}"
    return f"the registration of {account}" if data.get("registration") else str(account)


def _for(data: Mapping[str, Any], names: Mapping[UUID, str]) -> str:
    other = data.get("beneficiary_id")
    return f" for {_name(other, names)}" if other and other != data.get("requester_id") else ""


def _name(id_: str | None, names: Mapping[UUID, str]) -> str:
    return names.get(UUID(id_), "somebody") if id_ else "somebody"


def _day(instant: str | None, zone: ZoneInfo) -> str:
    if instant is None:
        return "soon"
    at = datetime.fromisoformat(instant).astimezone(zone)
    return f"{at.day} {at:%B %Y}, {at:%H:%M} ({zone.key})"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and how to speak with it. ``tls``: from the first byte; ``starttls``: from the first command."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def server_of(url: str) -> Server:
    """The server that ``smtp://user:pass@host:587?starttls=1`` or ``smtps://...`` names. Raises ``ValueError``."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("must be an address such as smtp://user:password@mail.example.com:587?starttls=1")
    if set(query) - {"starttls"} or query.get("starttls", "1") != "1":
        raise ValueError("takes no other option than starttls=1")
    tls, starttls = parts.scheme == "smtps", "starttls" in query
    if tls and starttls:
        raise ValueError("smtps speaks TLS from the beginning; starttls=1 is for smtp")
    if parts.password and not (tls or starttls) and parts.hostname not in _LOOPBACK:
        raise ValueError("would send the password in the clear; use smtps://, or add ?starttls=1")
    port = parts.port or (465 if tls else 587 if starttls else 25)
    user, password = (unquote(one) if one is not None else None for one in (parts.username, parts.password))
    return Server(parts.hostname, port, tls, starttls, user, password)
