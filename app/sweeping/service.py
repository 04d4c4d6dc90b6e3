"""What is swept: one line a task. Nothing about a decision waits for any of it."""

from collections.abc import Callable
from functools import cache, partial

from app.audit.checkpoints import worker as checkpoints
from app.audit.checkpoints.rules import Notary
from app.authzen.requests import worker as callbacks
from app.erasure import worker as erasures
from app.governance.approvals import service as approvals
from app.governance.grants import service as grants
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.reviews import service as reviews
from app.identity import signing
from app.imports.runs import service as imports
from app.kernel import replies
from app.kernel.uploads import Spool
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.notices import rules as notice_rules
from app.notices import service as notices
from app.notices import worker as mail
from app.settings import Settings
from app.webhooks import service as webhooks
from app.webhooks.rules import Sender
from app.webhooks.sending import worker as events

from .rules import Errand, Task


def _forget_replies(work: Work, _limit: int) -> int:
    return replies.forget(work.session, work.now)


TASKS: tuple[Task, ...] = (
    Task("leavers", lifecycle.settle),
    Task("grants_expired", grants.expire),
    Task("requests_expired", requests.expire),
    Task("registrations_expired", registrations.expire),
    Task("reviews_silenced", reviews.sweep),
    Task("requests_blocked", approvals.note_blocked),
    Task("steps_overdue", notices.remind_overdue),
    Task("steps_open", notices.tell_open),
    Task("grants_ending", notices.remind_ending),
    Task("attestations_due", notices.remind_attestations),
    Task("retirements_due", notices.remind_retirements),
    Task("replies_forgotten", _forget_replies),
    Task("notices_forgotten", notices.forget),
    Task("deliveries_forgotten", webhooks.forget),
)
"""In this order: who has left gets no reminder. A package that has something to sweep adds a line."""


def tasks(told: Settings) -> tuple[Task, ...]:
    """Everything to be swept in an installation."""
    spool = Spool(told.spool, told.import_max_bytes)
    return (*TASKS, Task("imports_cleaned", partial(imports.clean, spool)))


def errands(told: Settings) -> tuple[Errand, ...]:
    """What goes on beside, each in a thread of its own; mail where there is a server for it."""
    mailer = mailer_of(told)
    signed = Errand("checkpoints_signed", partial(checkpoints.seal, notary_of(told)), checkpoints.SECONDS)
    erased = Errand("erasures_kept", partial(erasures.keep, told.erasures))
    called = Errand("callbacks_sent", partial(callbacks.deliver, courier_of(told)))
    sent = Errand("events_sent", partial(events.deliver, sender_of(told)), events.LOOK_SECONDS)
    mails = (Errand("mails_sent", partial(mail.deliver, mailer)),) if mailer else ()
    return (signed, erased, called, sent, *mails)


def notary_of(told: Settings) -> Callable[[], Notary]:
    """Who signs checkpoints; its key is made, or read, when it is first needed."""
    return cache(lambda: signing.notary(told.keys, told.public_url.rstrip("/"), told.checkpoints))


def courier_of(told: Settings) -> callbacks.Courier:
    """How the end of an access request is told to those who asked to be called."""
    return callbacks.Courier(told.outside, told.outside.public_url, signing.key_ring(told.keys).newest)


def sender_of(told: Settings) -> Sender:
    """How webhooks are told of events."""
    return Sender(told.outside, signing.derived_key(told.keys, "webhook"))


def mailer_of(told: Settings) -> mail.Mailer | None:
    """How mail is sent; None where it is not, and notices are only listed."""
    if told.smtp_url is None or told.mail_from is None:
        return None
    server = notice_rules.server_of(told.smtp_url)
    return mail.Mailer(server, told.mail_from, told.public_url.rstrip("/"))
