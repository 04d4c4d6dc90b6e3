"""Sending notices by e-mail: taken in one short transaction, sent outside of any, marked in another.

Two senders never take the same mail. What a sender that dies leaves behind is sent again when its claim has run out, with
the same Message-ID. A server that is slow or dead holds up the mail, and nothing else.
"""

import secrets
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from itertools import groupby
from operator import attrgetter
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.directory import store as directory
from app.directory.rules import Employee
from app.kernel.access import House, operator_work
from app.kernel.work import Work

from . import rules, service, store
from .rules import Notice, NoticeState, Preferences, Server, Told

AT_ONCE = 20
"""How many mails are taken, and sent over one connection."""
TIMEOUT_SECONDS = 10
BUDGET_SECONDS = 120
"""After so long nothing more is begun; what is left waits for the next time."""
CLAIM: Final = timedelta(minutes=15)
"""Longer than the slowest mail takes from the taking to the marking."""
_PERMANENT = 500
_MAILS: Final = Environment(
    loader=PackageLoader("app.notices"), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_log = structlog.get_logger(__name__)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mailer:
    """Over which server, in whose name, and the address that links begin with."""

    server: Server
    sender: str
    public_url: str

    @property
    def host(self) -> str:
        """The name by which we introduce ourselves, and that Message-IDs end in."""
        return urlsplit(self.public_url).hostname or "localhost"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person: the notices in it, taken until their claim runs out. ``to``: name and address."""

    notices: tuple[Notice, ...]
    to: tuple[str, str]
    told: tuple[Told, ...]


def deliver(mailer: Mailer, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, until nothing is, the server fails or the time is over; answers how many mails were sent."""
    ends, sent = time.monotonic() + BUDGET_SECONDS, 0

    def over() -> bool:
        return stopping() or time.monotonic() > ends

    while not over():
        letters = take(parts)
        if not letters:
            return sent
        results = _post(mailer, letters, parts.clock(), over)
        with operator_work(parts) as work:
            for letter, values in zip(letters, results, strict=True):
                store.mark(work.session, letter.notices, work.now, {**_outcome(letter, values, work.now), **values})
        done = sum(values.get("state") is NoticeState.SENT for values in results)
        sent += done
        if any(values.get("state") is None for values in results):
            return sent  # it is not well, or we are to end: the next time is soon enough
    return sent


def _outcome(letter: Letter, values: Values, now: datetime) -> Values:
    if values.get("state") is NoticeState.SENT:
        return {"sent_at": now, "last_error": None}
    if "state" in values:
        return {}
    attempts = max(one.attempts for one in letter.notices)
    if "last_error" not in values:  # it was not even tried
        return {"attempts": attempts - 1}
    if attempts >= rules.MOST_ATTEMPTS:
        return {"state": NoticeState.FAILED}
    return {"due_at": now + rules.pause(attempts, secrets.randbelow(1000) / 1000)}


# --- taking -----------------------------------------------------------------------------------------------------------


def take(parts: House) -> list[Letter]:
    """Take the mails that are due; what is not to be sent (any more) is put away."""
    letters: list[Letter] = []
    with operator_work(parts) as work:
        while not letters:
            taken = store.claim(work.session, work.now, work.now + CLAIM, AT_ONCE)
            if not taken:
                break
            letters = _letters(work, taken)
    return letters


def _letters(work: Work, taken: Sequence[Notice]) -> list[Letter]:
    people = directory.employees(work.session, {one.employee_id for one in taken})
    chosen = store.preferences(work.session, people)
    kept = []
    for one in taken:
        person = people[one.employee_id]
        away = _put_away(one, person, chosen.get(person.id, Preferences()), work.now)
        if away:
            store.mark(work.session, [one], work.now, away)
        else:
            kept.append(one)
    by_batch = groupby(sorted(service.in_words(work, kept), key=_batch), key=attrgetter("notice.batch_id"))
    return [_letter(list(told), people) for _, told in by_batch]


def _batch(told: Told) -> tuple[Any, Any]:
    return told.notice.batch_id, told.notice.id


def _letter(told: list[Told], people: Mapping[Any, Employee]) -> Letter:
    person = people[told[0].notice.employee_id]
    return Letter(tuple(one.notice for one in told), (person.display_name, person.email or ""), tuple(told))


def _put_away(one: Notice, person: Employee, chosen: Preferences, now: datetime) -> Values | None:
    """Why a notice is not sent, as what becomes of it; None: it is."""
    if one.attempts > rules.MOST_ATTEMPTS:
        return {"state": NoticeState.FAILED}
    reasons = {
        "they have left": not person.employed(now),
        "they have no e-mail address": not person.email,
        "they do not want it": not chosen.wants(one.kind),
        "it is too old": now - max(one.created_at, one.due_at) > rules.STALE_AFTER,
    }
    why = next((reason for reason, holds in reasons.items() if holds), None)
    return {"state": NoticeState.DROPPED, "last_error": why} if why else None


# --- sending ----------------------------------------------------------------------------------------------------------


def _post(mailer: Mailer, letters: Sequence[Letter], now: datetime, over: Callable[[], bool]) -> list[Values]:
    """Send letters over one connection; answers for each what becomes of it: no state where it is to be tried again."""
    results: list[Values] = []
    try:
        with _connected(mailer) as smtp:
            for letter in letters:
                if over():
                    break
                results.append(_send(mailer, smtp, letter, now))
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("mail_server_failed", host=mailer.server.host, error=_said(error))
        return [*results, *({"last_error": _said(error)} for _ in letters[len(results) :])]
    return [*results, *({} for _ in letters[len(results) :])]


@contextmanager
def _connected(mailer: Mailer) -> Iterator[smtplib.SMTP]:
    server = mailer.server
    context = ssl.create_default_context() if server.tls or server.starttls else None
    opened = (
        smtplib.SMTP_SSL(server.host, server.port, mailer.host, timeout=TIMEOUT_SECONDS, context=context)
        if server.tls
        else smtplib.SMTP(server.host, server.port, mailer.host, TIMEOUT_SECONDS)
    )
    try:
        if server.starttls:
            opened.starttls(context=context)
        if server.user is not None:
            opened.login(server.user, server.password or "")
        yield opened
        _part(opened)
    finally:
        opened.close()


def _part(smtp: smtplib.SMTP) -> None:
    """Say goodbye; whatever the answer, what was taken is taken."""
    try:
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        return


def _send(mailer: Mailer, smtp: smtplib.SMTP, letter: Letter, now: datetime) -> Values:
    """Send one letter. What is wrong with this letter alone is answered; what is wrong with the server is raised."""
    try:
        smtp.send_message(mail(mailer, letter.told, letter.to, now))
    except (ValueError, smtplib.SMTPNotSupportedError) as error:
        return {"state": NoticeState.FAILED, "last_error": _said(error)}
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        permanent = _code(error) >= _PERMANENT
        return {"last_error": _said(error), **({"state": NoticeState.FAILED} if permanent else {})}
    return {"state": NoticeState.SENT}


def _code(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(error, smtplib.SMTPDataError):
        return int(error.smtp_code)
    return max(code for code, _ in error.recipients.values())


def _said(error: Exception) -> str:
    return rules.one_line(f"{type(error).__name__}: {error}", 300)


# --- writing ----------------------------------------------------------------------------------------------------------


def mail(mailer: Mailer, told: Sequence[Told], to: tuple[str, str], at: datetime) -> EmailMessage:
    """One mail with these notices, in plain text and in HTML; ``to``: name and address.

    Its Message-ID is made of its first notice, so that one that is sent again after a crash is known to be the same.
    Raises ``ValueError`` for an address that is none.
    """
    title = told[0].title if len(told) == 1 else f"{len(told)} notices"
    facts = {"title": title, "name": rules.one_line(to[0]), "notices": told, "public_url": mailer.public_url}
    message = EmailMessage(SMTP.clone(cte_type="7bit"))  # not every server on the way takes more
    message["Subject"] = rules.one_line(title)
    message["From"] = mailer.sender
    message["To"] = _address(*to)
    message["Date"] = at
    message["Message-ID"] = f"<notice.{told[0].notice.id}@{mailer.host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_MAILS.get_template("mail.txt").render(facts))
    message.add_alternative(_MAILS.get_template("mail.html").render(facts), subtype="html")
    return message


def _address(name: str, address: str) -> Address:
    """A mailbox. Raises ``ValueError`` where the address is not exactly one, whatever else it tries to be."""
    try:
        found = Address(rules.one_line(name), addr_spec=address)
    except Exception as error:  # the parser of headers raises what it happens to stumble over
        raise ValueError("not an e-mail address") from error
    if found.addr_spec != address:
        raise ValueError("not an e-mail address")
    return found
