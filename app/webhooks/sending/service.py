"""From the log to messages, and from what came of them to what is written down.

The audit log is the outbox: what stands in it was committed with the change it tells of, and nothing else does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.audit.checkpoints import service as checkpoints
from app.clients import store as clients
from app.directory import store as directory
from app.identity.deps import client_actor
from app.identity.oauth.service import may_act
from app.kernel.actor import Actor, ActorKind
from app.kernel.work import Work
from app.roles import service as roles
from app.webhooks import rules as webhooks
from app.webhooks import service as registry
from app.webhooks.events import rules as wording
from app.webhooks.events import service as places
from app.webhooks.events import store as events
from app.webhooks.rules import Delivery, Sender, Webhook
from app.webhooks.secrets import rules as secrets

from . import rules, store
from .rules import Message, Result

EVENTS_AT_ONCE = 500
_POWERLESS = "Its owner may not have it any more: they have left, or lost the role."
_UNIT_CLOSED = "Its unit was closed."


def anything(work: Work) -> bool:
    """Is there anything to read or to send?"""
    return store.anything(work.session, audit.revision(work), work.now)


def waiting_for_checkpoint(work: Work) -> list[UUID]:
    """The webhooks that the newest checkpoint of the audit log is to be told to, and was not yet."""
    one = checkpoints.newest(work)
    if one is None:
        return []
    untold = store.untold(work.session, one.seq, wording.CHECKPOINT)
    return [hook.id for hook in untold if wording.wanted(hook.events, wording.CHECKPOINT)]


def tell_checkpoint(work: Work) -> None:
    """Have the newest checkpoint told to whoever wants it. One that a newer one has overtaken is in that one's history."""
    one = checkpoints.newest(work)
    for id_ in waiting_for_checkpoint(work):
        assert one is not None  # noqa: S101 - else nobody waits for it
        store.add(work.session, id_, [(one.seq, wording.CHECKPOINT)], work.now)


def read_on(work: Work, at_once: int = EVENTS_AT_ONCE) -> bool:
    """Let one webhook that is behind read on: what it is told becomes deliveries, in the transaction that moves it on.

    False: none is, but for those that others are at.
    """
    found = store.behind(work.session, audit.revision(work))
    if found is None:
        return False
    owner = owner_of(work, found)
    if isinstance(owner, str):
        registry.disable(work, found, owner)
        return True
    read = events.read(work.session, found.next_seq, at_once)
    heard = [event for event in read if wording.wanted(found.events, event.action)]
    where = places.whereabouts(work, heard)
    told = [one for one in heard if webhooks.told(found, owner, one.action, where[one.seq])]
    store.add(work.session, found.id, [(one.seq, one.action) for one in told], work.now)
    registry.move_on(work, found, read[-1].seq + 1)
    return True


def owner_of(work: Work, one: Webhook) -> Actor | str:
    """Whoever answers for a webhook, as they are at this instant; or why it may not go on."""
    path: tuple[UUID, ...] = ()
    if one.business_unit_id is not None:
        unit = directory.unit(work.session, one.business_unit_id)
        if unit.closed_at is not None:
            return _UNIT_CLOSED
        path = unit.path
    actor = _actor(work, one)
    return actor if actor is not None and webhooks.manages(actor, one.owner, path) else _POWERLESS


def _actor(work: Work, one: Webhook) -> Actor | None:
    if one.owner_kind == ActorKind.CLIENT:
        client = clients.find(work.session, str(one.owner_id))
        return client_actor(client, client.scopes) if client is not None and may_act(work, client) else None
    person = directory.employees(work.session, [one.owner_id]).get(one.owner_id)
    return roles.actor_for(work, person) if person is not None and person.employed(work.now) else None


def take(work: Work, busy: Mapping[UUID, int], order: Sequence[UUID]) -> list[list[Delivery]]:
    """Take what is due, for a while, in lanes that are sent at the same time, each one after another.

    ``busy``: how many lanes there are to each webhook; ``order``: who was served last.
    """
    turns = {id_: n for n, id_ in enumerate(order)}
    ready = sorted(store.ready(work.session, work.now), key=lambda one: turns.get(one[0], -1))
    failing = {id_ for id_, fails in ready if fails}
    until, lanes = work.now + rules.CLAIM, list[list[Delivery]]()
    for id_, room in rules.slots(ready, dict(busy)).items():
        found = store.claim(work.session, id_, work.now, until, room * (1 if id_ in failing else rules.LANE))
        lanes += [found[n::room] for n in range(min(room, len(found)))]
    return lanes


def messages(work: Work, sender: Sender, taken: Sequence[Delivery]) -> list[tuple[Delivery, Message | Result]]:
    """What was taken, as it is to be sent; or why it is not, as its owner's powers are now and where things stand now."""
    those = store.webhooks(work.session, {one.webhook_id for one in taken})
    owners = {id_: owner_of(work, one) for id_, one in those.items()}
    found = events.events(work.session, [one.seq for one in taken])
    where = places.whereabouts(work, list(found.values()))
    sealed = checkpoints.at(work, {one.seq for one in taken if one.type == wording.CHECKPOINT})
    made: list[tuple[Delivery, Message | Result]] = []
    for one in taken:
        webhook = those.get(one.webhook_id)
        if webhook is None or one.seq not in found:  # it was removed meanwhile
            continue
        if one.type == wording.CHECKPOINT:
            said, stands = wording.sealed(sealed[one.seq]), wording.Whereabouts()
        else:
            said, stands = wording.body(found[one.seq], where[one.seq]), where[one.seq]
        made.append((one, _message(work, sender, one, webhook, owners[webhook.id], said, stands)))
    return made


def _message(
    work: Work,
    sender: Sender,
    one: Delivery,
    webhook: Webhook,
    owner: Actor | str,
    said: Mapping[str, Any],
    where: wording.Whereabouts,
) -> Message | Result:
    if isinstance(owner, str):
        return Result(error=owner, away=True, ends=True)
    if not webhooks.told(webhook, owner, one.type, where):
        return Result(error="It is not told of this any more.", away=True)
    if one.attempts > len(rules.SCHEDULE) + 1:
        return Result(error="It was tried as often as it is, and nobody knows what came of the last time.")
    try:
        held = tuple(secrets.unseal(sender.key, webhook.id, kept) for kept in webhook.held(work.now))
    except secrets.SecretLost as error:
        return Result(error=str(error))
    return Message(one, webhook.url, json.dumps(said).encode(), held)


def settle(work: Work, done: Iterable[tuple[Delivery, Result | None, float]]) -> None:
    """Write down what came of attempts; the numbers (0 to 1) are the jitter of what is tried again. None: it was not tried.

    Webhooks are held in order, each before its deliveries: so does whoever reads on for one.
    """
    for one, result, jitter in sorted(done, key=_in_order):
        webhook = registry.held(work, one.webhook_id)
        if webhook is None:
            continue
        if result is None:
            store.mark(work.session, one, work.now, {"attempts": one.attempts - 1})
            continue
        store.mark(work.session, one, work.now, rules.after(one, result, work.now, jitter))
        _note(work, webhook, result)
        why = rules.why_ended(webhook, result, work.now)
        if why is not None and webhook.state is webhooks.WebhookState.ACTIVE:
            registry.disable(work, webhook, why)


def _in_order(each: tuple[Delivery, Result | None, float]) -> tuple[UUID, int]:
    return each[0].webhook_id, each[0].seq


def _note(work: Work, webhook: Webhook, result: Result) -> None:
    """A receiver that fails is left alone for a while, and one that has recovered gets soon what it did not take."""
    if result.taken and webhook.failing_since is not None:
        registry.recovers(work, webhook)
        store.hasten(work.session, webhook.id, work.now)
    elif not result.taken and not result.away:
        since = webhook.failing_since or work.now
        registry.fails(work, webhook, since, work.now + rules.pause(work.now - since))
