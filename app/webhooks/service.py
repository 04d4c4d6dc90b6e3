"""Having webhooks: made, changed and taken away by whoever may manage those of a unit or of the enterprise.

Whoever changes a webhook answers for it from then on: their powers decide what it is told. So nobody turns what somebody
else may see to an address of their own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.kernel import outbound
from app.kernel.actor import ActorKind, Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .events import rules as events
from .rules import Delivery, DeliveryState, Sender, Webhook, WebhookState
from .secrets import rules as secrets

_BY_HAND = "It was disabled by hand."


def create(work: Work, sender: Sender, values: Mapping[str, Any]) -> tuple[Webhook, str]:
    """A new webhook, told of what happens from now on; and the one time its secret is shown.

    ``values``: name, url, events, business_unit_id (an id or key; None: the whole enterprise). Raises ``NotFound``,
    ``UnitClosed``, ``Forbidden``, ``EventsOutOfReach``, ``UrlNotAllowed``, ``Invalid``, ``TooManyWebhooks``.
    """
    unit = directory.unit(work.session, values["business_unit_id"]) if values.get("business_unit_id") else None
    if unit is not None:
        units.check_open(unit)
    me = _me(work)
    if not rules.manages(work.actor, me, unit.path if unit else ()):
        raise Forbidden("Your roles do not allow a webhook there; name a unit inside your scope.")
    heard = _heard(work, values["events"], of_unit=unit is not None)
    outbound.target(values["url"], sender.outside, "/url")
    _check_count(work, me)
    id_, secret = new_id(), secrets.new_secret()
    made = store.add(
        work.session, work.now,
        {
            "id": id_, "name": values["name"], "url": values["url"], "events": heard,
            "business_unit_id": unit.id if unit else None, "owner_kind": me[0], "owner_id": me[1],
            "secret": secrets.seal(sender.key, id_, secret), "next_seq": audit.revision(work) + 1,
        },
    )  # fmt: skip
    audit.record(work, "webhook.created", ("webhook", made.id), after=rules.as_told(made))
    return work.show(made), secret


def _me(work: Work) -> tuple[str, UUID]:
    if work.actor.id is None:
        raise Forbidden("A webhook has an owner: an employee or a service client.")
    return str(work.actor.kind), work.actor.id


def _heard(work: Work, patterns: Sequence[str], *, of_unit: bool) -> list[str]:
    """What a webhook of the actor's is to hear of, if it may be told of it at all."""
    found = events.check_patterns(patterns)
    for one in found:
        if one != events.EVERYTHING and not rules.may_hear(work.actor, events.kind_of(one), of_unit=of_unit):
            raise events.EventsOutOfReach(
                f"Your roles do not show you {one}, or only a webhook of the enterprise gets it."
            )
    return found


def _check_count(work: Work, owner: tuple[str, UUID]) -> None:
    if store.count_of(work.session, owner) >= rules.MOST_OF_ONE_OWNER:
        raise rules.TooManyWebhooks(f"You have {rules.MOST_OF_ONE_OWNER} webhooks already; remove one first.")


def webhook(work: Work, id_: UUID) -> Webhook:
    """One webhook. Raises ``NotFound`` for one that the actor does not manage."""
    return work.show(_managed(work, id_))


def _managed(work: Work, id_: UUID, *, lock: bool = False) -> Webhook:
    found = store.find(work.session, id_, lock=lock)
    unit = directory.unit(work.session, found.business_unit_id) if found and found.business_unit_id else None
    if found is None or not rules.manages(work.actor, found.owner, unit.path if unit else ()):
        raise NotFound(f"There is no webhook {id_}.")
    return found


def webhooks(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Webhook]:
    """A page of those that the actor manages."""
    scopes = work.actor.scopes(Permission.WEBHOOK_MANAGE)
    seen = None if scopes is None else store.below(scopes)
    if work.actor.kind is ActorKind.CLIENT:
        seen = store.of_owner(_me(work))
    return store.page(work.session, page, seen, filters)


def amend(work: Work, sender: Sender, id_: UUID, changes: Mapping[str, Any]) -> Webhook:
    """Change name, url, events or state; one made active goes on where it stopped.

    Raises as ``create`` does, and ``PreconditionFailed``.
    """
    before = _managed(work, id_, lock=True)
    work.match(before)
    values = {name: value for name, value in changes.items() if value != getattr(before, name)}
    if "events" in values:
        values["events"] = _heard(work, values["events"], of_unit=before.business_unit_id is not None)
    if "url" in values:
        outbound.target(values["url"], sender.outside, "/url")
    if values.get("events", list(before.events)) == list(before.events):
        values.pop("events", None)
    if not values:
        return work.show(before)
    _take_over(work, before, values)
    state = values.get("state")
    if state is not None:
        values["disabled_reason"] = _BY_HAND if state is WebhookState.DISABLED else None
    after = store.save(work.session, id_, work.now, values)
    if state is WebhookState.ACTIVE:
        after = store.move(work.session, id_, failing_since=None, paused_until=None)
    audit.record(
        work, "webhook.updated" if state is None else "webhook.enabled" if state is WebhookState.ACTIVE else "webhook.disabled",
        ("webhook", id_), before=rules.as_told(before), after=rules.as_told(after),
    )  # fmt: skip
    return work.show(after)


def _take_over(work: Work, before: Webhook, values: dict[str, Any]) -> None:
    """Whoever changes a webhook answers for it, with all that it hears of."""
    me = _me(work)
    if me == before.owner:
        return
    _check_count(work, me)
    _heard(work, values.get("events", before.events), of_unit=before.business_unit_id is not None)
    values["owner_kind"], values["owner_id"] = me


def disable(work: Work, found: Webhook, reason: str) -> Webhook:
    """The service itself stops telling a webhook; whoever manages it makes it active again."""
    after = store.save(
        work.session, found.id, work.now, {"state": WebhookState.DISABLED, "disabled_reason": reason}
    )  # fmt: skip
    before, now = rules.as_told(found), rules.as_told(after)
    audit.record(work, "webhook.disabled", ("webhook", found.id), before=before, after=now)
    return after


def rotate(work: Work, sender: Sender, id_: UUID) -> tuple[Webhook, str]:
    """A new secret, shown once; for a day messages are signed by the old one, too. Raises ``PreconditionFailed``."""
    before = _managed(work, id_, lock=True)
    work.match(before)
    secret = secrets.new_secret()
    values = {
        "secret": secrets.seal(sender.key, id_, secret), "previous_secret": before.secret,
        "previous_until": work.now + rules.OVERLAP,
    }  # fmt: skip
    after = store.save(work.session, id_, work.now, values)
    audit.record(work, "webhook.rotated", ("webhook", id_), after={"previous_until": after.previous_until})
    return work.show(after), secret


def remove(work: Work, id_: UUID) -> None:
    """A webhook is no more, with all that it was told; the audit log keeps that it was. Raises ``PreconditionFailed``."""
    found = _managed(work, id_, lock=True)
    work.match(found)
    store.remove(work.session, id_)
    audit.record(work, "webhook.removed", ("webhook", id_), before=rules.as_told(found))


def deliveries(work: Work, id_: UUID, page: Page, filters: Mapping[str, Any]) -> list[Delivery]:
    """A page of what a webhook was told, or is to be."""
    return store.deliveries(work.session, _managed(work, id_).id, page, filters)


def redeliver(work: Work, id_: UUID, delivery_id: UUID | None, from_seq: int | None) -> Webhook:
    """Tell one delivery again, or read on from an event: what was told before is told again under the same id.

    One that is disabled does so once it is active. Raises ``Invalid``, ``NotFound``, ``PreconditionFailed``.
    """
    if (delivery_id is None) == (from_seq is None):
        raise Invalid.field("", "one_of", "Name one delivery, or the number of an event to go on from.")
    found = _managed(work, id_, lock=True)
    work.match(found)
    if from_seq is not None:
        rules.check_start(from_seq, audit.revision(work))
        found = store.move(work.session, id_, next_seq=from_seq)
        after: dict[str, Any] = {"from_seq": from_seq}
    else:
        after = {"seq": _repeat(work, id_, delivery_id)}
    audit.record(work, "webhook.replayed", ("webhook", id_), after=after)
    return work.show(found)


def _repeat(work: Work, id_: UUID, delivery_id: UUID | None) -> int:
    one = store.delivery(work.session, id_, delivery_id) if delivery_id else None
    if one is None:
        raise NotFound(f"There is no delivery {delivery_id} of this webhook.")
    if one.state is not DeliveryState.WAITING:
        store.repeat(work.session, one, work.now)
    return one.seq


# --- what sending writes down ----------------------------------------------------------------------------------------


def held(work: Work, id_: UUID) -> Webhook | None:
    """A webhook, held until the transaction ends; None: it was removed."""
    return store.find(work.session, id_, lock=True)


def move_on(work: Work, found: Webhook, next_seq: int) -> None:
    """Everything before this event was read."""
    store.move(work.session, found.id, next_seq=next_seq)


def fails(work: Work, found: Webhook, since: datetime, paused_until: datetime) -> None:
    """Nothing was taken since then, and nothing is tried before an instant."""
    store.move(work.session, found.id, failing_since=since, paused_until=paused_until)


def recovers(work: Work, found: Webhook) -> None:
    """Something was taken again."""
    store.move(work.session, found.id, failing_since=None, paused_until=None)


def forget(work: Work, limit: int) -> int:
    """Delete deliveries that ended long enough ago; answers how many."""
    return store.forget(work.session, work.now - rules.KEPT_FOR, limit)
