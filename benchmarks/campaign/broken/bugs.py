"""Bugs that are planted into a replica, each of which the checker has to find (trust.md 5.6)."""

import json
import os
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any


def plant(name: str) -> None:
    """Put one of ``BUGS`` into this process, before it serves."""
    BUGS[name]()


def audit_apart() -> None:
    """(a) Events are written by a transaction of their own."""
    from sqlalchemy.orm import Session

    from app.audit import store

    real = store.append

    def append(session: Any, *sealed: Any) -> None:
        with Session(session.get_bind()) as other, other.begin():
            real(other, *sealed)

    store.append = append


def sent_before_commit() -> None:
    """(b) The honest receiver is told of an event before it is committed; and once more, as ever, after it."""
    from sqlalchemy import select

    from app.audit import store
    from app.identity import signing
    from app.kernel import outbound
    from app.settings import load
    from app.webhooks.events import rules, service
    from app.webhooks.secrets.rules import signatures, unseal
    from app.webhooks.tables import Webhook

    real, told = store.append, load()
    key = signing.derived_key(told.keys, "webhook")

    def tell(session: Any, hook: Any, one: Any) -> None:
        where = service.whereabouts(SimpleNamespace(session=session), [one])[one.seq]
        id_, at = f"msg_{hook.id.hex}_{one.seq}", int(time.time())
        body = json.dumps(rules.body(one, where)).encode()
        signed = signatures([unseal(key, hook.id, hook.secret)], id_, at, body)
        headers = {"webhook-id": id_, "webhook-timestamp": str(at), "webhook-signature": signed}
        outbound.post(outbound.target(hook.url, told.outside), body, headers)

    def append(session: Any, events: Any, values: Any) -> None:
        real(session, events, values)
        for hook in session.scalars(select(Webhook).where(Webhook.name == "honest")):
            for one in events:
                if rules.wanted(hook.events, one.action):
                    tell(session, hook, one)

    store.append = append


def two_open_grants() -> None:
    """(c) A grant does not end its predecessor; the unique index is gone, too."""
    from app.governance.grants import service

    service._make_way = lambda *_: None


def from_the_standby() -> None:
    """(d) Decisions are read from the standby, and whatever else only reads."""
    from sqlalchemy.orm import sessionmaker

    from app import main
    from app.decisions.worker import Follower
    from app.kernel.database import engine_for, reading

    real, housed, engine = Follower.__init__, main.house_for, engine_for(os.environ["CAMPAIGN_STANDBY"])

    def house(*how: Any, **more: Any) -> Any:
        there = sessionmaker(reading(engine))
        return replace(housed(*how, **more), reads=there, deciding=there)

    def init(self: Any, engine: Any, clock: Any, *, direct: Any = None) -> None:
        real(self, engine_for(os.environ["CAMPAIGN_STANDBY"], pool_size=2), clock, direct=direct or engine)

    Follower.__init__ = init  # type: ignore[method-assign]
    main.house_for = house


def cached() -> None:
    """(e) Whatever was decided stands for 30 seconds."""
    from app.decisions.desk import Desk

    fresh = {"since": time.monotonic()}

    def apply(self: Any, delta: Any) -> None:
        self.index.apply(delta)
        if time.monotonic() - fresh["since"] > 30:
            fresh["since"] = time.monotonic()
            self.forget_all()

    Desk.apply = apply  # type: ignore[method-assign]


def reply_later() -> None:
    """(h) The answer to a key is kept after the effect was committed, by another transaction."""
    from sqlalchemy import event, select
    from sqlalchemy.dialects.postgresql import insert
    from sqlalchemy.orm import Session

    from app.kernel import replies

    def claim(session: Any, actor: Any, key: str, print_: str, now: Any) -> Any:
        principal = replies.principal_of(actor)
        row = session.execute(
            select(replies.Reply).where(replies.Reply.principal == principal, replies.Reply.key == key)
        ).scalar_one_or_none()
        session.info["claim"] = print_, now
        if row is not None:
            return replies.Stored(row.status, json.loads(row.headers), row.body.encode())
        return replies.Claim(principal, key)

    def keep(session: Any, claimed: Any, stored: Any) -> None:
        print_, now = session.info["claim"]
        bind = session.get_bind()

        def written(_: object) -> None:
            values = {
                "principal": claimed.principal, "key": claimed.key, "fingerprint": print_, "created_at": now,
                "status": stored.status, "headers": json.dumps(stored.headers), "body": stored.body.decode(),
            }  # fmt: skip
            with Session(bind) as other, other.begin():
                other.execute(insert(replies.Reply).values(**values).on_conflict_do_nothing())

        event.listen(session, "after_commit", written, once=True)

    replies.claim, replies.keep = claim, keep


def repeatable_read() -> None:
    """(i) The chain is locked under REPEATABLE READ; what would catch it, the unique keys, is gone, too."""
    from app import main

    real = main.engine_for
    main.engine_for = lambda *how, **more: real(*how, **more).execution_options(isolation_level="REPEATABLE READ")


def deaf_to_warnings() -> None:
    """(j) A commit that came with a warning is acknowledged."""
    from app.kernel import committing

    committing._listener = lambda _: lambda _notice: None


BUGS = {
    one.__name__: one
    for one in (
        audit_apart,
        sent_before_commit,
        two_open_grants,
        from_the_standby,
        cached,
        reply_later,
        repeatable_read,
        deaf_to_warnings,
    )
}
