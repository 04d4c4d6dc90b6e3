"""The load: clients that ask, decide, revoke, freeze, hire and fire, and write down what they were told."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .founding import COURSE, Organisation
from .history import EVALUATE, FAIL, INFO, INVOKE, OK, Line, Recorder
from .http1 import Connection, Lost, NotSent

RIGHTS = ("draft", "engage", "analyze", "publish")
MIX = {EVALUATE: 47, "ask": 16, "decide": 22, "revoke": 4, "freeze": 5, "employ": 3, "complete": 3}
"""Of a hundred operations. Decisions often come as three at once."""
WITHIN = 10.0
"""Seconds after which a client gives up waiting: what it was not told by then, it does not know."""
FROZEN_AT_MOST, GONE_AT_MOST, WAITING_AT_MOST, GRANTED_AT_LEAST = 2, 3, 30, 12
_AGAIN, _LATER = 0.3, 2.0
_UNSURE = frozenset({"idempotency_key_in_use"})
_SCIM = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PATIENCE = 60.0
NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a client is to do. ``body`` may hold the operation's name, as ``$op``."""

    kind: str
    method: str
    path: str
    bearer: str
    body: Mapping[str, Any]
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Board:
    """What clients know of the state, from the answers they got: enough to find something to do."""

    waiting: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    grants: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    freezes: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    newest: int = 0
    lately: "deque[tuple[str, str, str]]" = field(default_factory=lambda: deque(maxlen=12))


@dataclass(slots=True)
class Pending:
    """An operation of which it is not known whether it was done; until it was asked for, it was not."""

    op: str
    wish: Wish
    attempts: int = 0
    due: float = 0.0


@dataclass(slots=True)
class Driver:
    """All clients. ``ports``: of the replicas; ``stop``: no new operation begins; ``healed``: nothing is broken any more;
    ``rate``: operations a second of all together, if they were answered at once.
    """

    org: Organisation
    ports: Sequence[int]
    recorder: Recorder
    seed: int
    clients: int = 12
    rate: float = 60
    stop: bool = False
    healed: asyncio.Event = field(default_factory=asyncio.Event)
    board: Board = field(default_factory=Board)
    counted: int = 0
    down: dict[int, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Until told to stop, and then until everything is known that can be."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(Client(self, number, random.Random(f"{self.seed}/{number}")).run())


@dataclass(slots=True)
class Client:
    """One of them: a connection to each replica, one thing at a time (but for decisions that race)."""

    driver: Driver
    number: int
    chance: random.Random
    seen: int = 0
    _pending: list[Pending] = field(default_factory=list)
    _free: list[list[Connection]] = field(default_factory=list)
    _made: int = 0

    async def run(self) -> None:
        self._free = [[] for _ in self.driver.ports]
        try:
            while not self.driver.stop:
                due = [one for one in self._pending if one.due <= time.monotonic()]
                if due:
                    await self._again(due[0])
                else:
                    await self._something()
                await asyncio.sleep(self.chance.expovariate(self.driver.rate / self.driver.clients))
            await self._settle()
        finally:
            for several in self._free:
                for one in several:
                    one.close()

    async def _settle(self) -> None:
        """Ask again for all that is not known, once everything is healed."""
        await self.driver.healed.wait()
        end = time.monotonic() + PATIENCE
        while self._pending and time.monotonic() < end:
            for one in list(self._pending):
                await self._again(one)
            await asyncio.sleep(_AGAIN)

    # What to do

    async def _something(self) -> None:
        kind = self.chance.choices(list(MIX), list(MIX.values()))[0]
        if kind == "decide":
            await asyncio.gather(*(self._do(one) for one in self._decide()))
            return
        makes = {
            EVALUATE: self._evaluate, "ask": self._ask, "revoke": self._revoke, "freeze": self._freeze,
            "employ": self._employ, "complete": self._complete,
        }  # fmt: skip
        wish = makes[kind]()
        if wish is not None:
            await self._do(wish)

    def _evaluate(self) -> Wish:
        board, org = self.driver.board, self.driver.org
        some: list[tuple[str, str, str]] = []
        draw = self.chance.random()
        if draw < 0.5:
            some = list(board.lately)
        elif draw < 0.85:
            some = list(board.grants.values())
        anyone = (self.chance.choice(org.workers), self.chance.choice(list(org.accounts)), self.chance.choice(RIGHTS))
        who, account, right = self.chance.choice(some) if some else anyone
        body: dict[str, Any] = {
            "subject": {"type": "employee", "id": who}, "action": {"name": right},
            "resource": {"type": "account", "id": account},
        }  # fmt: skip
        least = max(self.seen, board.newest) if self.chance.random() < 0.5 else None
        if least is not None:
            body["context"] = {"at_least_revision": str(least)}
        args = {"who": org.ids[who], "account": account, "right": right, "least": least}
        return Wish(EVALUATE, "POST", "/access/v1/evaluation", org.asker, body, args)

    def _ask(self) -> Wish | None:
        board, org = self.driver.board, self.driver.org
        if len(board.waiting) >= WAITING_AT_MOST:
            return None
        who = self.chance.choice([one for one in org.workers if one not in board.gone])
        mine = [id_ for id_, unit in org.accounts.items() if who.startswith(unit)]
        account, right = self.chance.choice(mine), self.chance.choice(RIGHTS)
        if board.grants and self.chance.random() < 0.3:  # anew, what somebody holds already
            who, account, right = self.chance.choice(list(board.grants.values()))
        body = {"account_id": account, "rights": [right], "justification": "$op"}
        return Wish(
            "ask",
            "POST",
            "/v1/rights-requests",
            org.tokens[who],
            body,
            {"who": org.ids[who], "account": account, "right": right},
        )

    def _decide(self) -> list[Wish]:
        """A word on the open step of a request by somebody who may give it; often by three at once."""
        board, org = self.driver.board, self.driver.org
        if not board.waiting:
            return []
        request = self.chance.choice(list(board.waiting.values())[:8])
        step = next((one for one in request["steps"] if one["state"] == "open"), None)
        if step is None:
            board.waiting.pop(request["id"], None)
            return []
        names = org.names
        able = [names[seat["employee_id"]] for seat in step["eligible"] if names.get(seat["employee_id"]) in org.tokens]
        racing = 3 if self.chance.random() < 0.4 else 1
        found = []
        for _ in range(racing if able else 0):
            verdict = "deny" if self.chance.random() < 0.08 else "approve"
            body = {"decision": verdict, "comment": "$op"}
            path = f"/v1/rights-requests/{request['id']}/decisions"
            found.append(
                Wish("decide", "POST", path, org.tokens[self.chance.choice(able)], body, {"request": request["id"]})
            )
        return found

    def _revoke(self) -> Wish | None:
        board, org = self.driver.board, self.driver.org
        if len(board.grants) < GRANTED_AT_LEAST:
            return None
        id_ = self.chance.choice(list(board.grants))
        return Wish("revoke", "POST", f"/v1/grants/{id_}/revoke", org.tokens["hub0"], {"reason": "$op"}, {"grant": id_})

    def _freeze(self) -> Wish | None:
        board, org = self.driver.board, self.driver.org
        bearer = org.tokens[self.chance.choice(("hub0", "hub1"))]
        if len(board.freezes) >= FROZEN_AT_MOST or (board.freezes and self.chance.random() < 0.5):
            id_ = self.chance.choice(list(board.freezes))
            return Wish("lift", "POST", f"/v1/freezes/{id_}/lift", bearer, {"reason": "$op"}, {"freeze": id_})
        account = self.chance.choice(list(org.accounts))
        body = {"scope": {"kind": "account", "id": account}, "severity": "L1", "reason": "$op"}
        return Wish("freeze", "POST", "/v1/freezes", bearer, body, {"account": account})

    def _employ(self) -> Wish | None:
        board, org = self.driver.board, self.driver.org
        back = bool(board.gone) and (len(board.gone) >= GONE_AT_MOST or self.chance.random() < 0.5)
        others = sorted(board.gone) if back else [one for one in org.workers if one not in board.gone]
        who = self.chance.choice(others)
        operations = [
            {"op": "replace", "path": "active", "value": back}, {"op": "replace", "path": "title", "value": "$op"},
        ]  # fmt: skip
        body = {"schemas": [_SCIM], "Operations": operations}
        args = {"who": who, "active": back}
        return Wish("employ", "PATCH", f"/scim/v2/Users/{org.ids[who]}", org.feed, body, args)

    def _complete(self) -> Wish:
        org = self.driver.org
        who = org.ids[self.chance.choice(org.workers)]
        at = f"20{self.chance.randrange(10, 25)}-{self.chance.randrange(1, 13):02}-{self.chance.randrange(1, 28):02}"
        clock = f"{self.chance.randrange(24):02}:{self.chance.randrange(60):02}:{self.chance.randrange(60):02}"
        body = {"employee_id": who, "course_id": COURSE, "completed_at": f"{at}T{clock}Z", "source": "$op"}
        return Wish("complete", "POST", "/v1/completions", org.tokens["boss1"], body, {"who": who})

    # Doing it

    async def _do(self, wish: Wish) -> None:
        self._made += 1
        op = f"{wish.kind}-{self.number}-{self._made}"
        one = Pending(op, wish)
        definite = await self._asked(one)
        if not definite and wish.kind != EVALUATE:
            await asyncio.sleep(_AGAIN)
            # As an impatient caller would: at once, and while it is still broken.
            if not await self._asked(one):
                one.due = time.monotonic() + _LATER
                self._pending.append(one)

    async def _again(self, one: Pending) -> None:
        one.due = time.monotonic() + _LATER
        if await self._asked(one):
            self._pending.remove(one)

    async def _asked(self, one: Pending) -> bool:
        """One request to a replica that listens, if any does; answers whether it is known now how the operation ended."""
        for _ in self.driver.ports:
            one.attempts += 1
            known = await self._attempt(one.op, one.wish, one.attempts)
            if known is not None:
                return known
        await asyncio.sleep(_AGAIN)
        return False

    async def _attempt(self, op: str, wish: Wish, number: int) -> bool | None:
        """One request; None: it did not even begin."""
        replica, connection = self._connection()
        headers = {"Authorization": f"Bearer {wish.bearer}", "X-Request-ID": f"{op}.{number}"}
        headers["Content-Type"] = "application/scim+json" if wish.method == "PATCH" else "application/json"
        if wish.kind != EVALUATE:
            headers["Idempotency-Key"] = op
        line = Line(time.monotonic(), INVOKE, self.number, op, wish.kind, number, replica, wish.args)
        self.driver.recorder.write(line)
        self.driver.counted += 1
        status, revision, code, told = 0, None, "", dict[str, Any]()
        try:
            reply = await connection.call(wish.method, wish.path, headers, _named(wish.body, op), WITHIN)
        except NotSent as error:
            phase, code = INFO, f"{NOT_SENT} {error}"
            self.driver.down[replica] = time.monotonic() + 1
        except Lost as error:
            phase, code = INFO, f"lost {error}"
        else:
            self._free[replica].append(connection)
            status, body = reply.status, reply.body or {}
            code = str(body.get("code") or body.get("scimType") or "") if status >= 400 else ""
            phase = OK if status < 300 else INFO if status >= 500 or code in _UNSURE else FAIL
            revision = int(reply.headers["coe-revision"]) if "coe-revision" in reply.headers else None
            told = self._learn(wish, body) if phase == OK else {}
            if phase == FAIL:
                self._forget(wish, code)
        if revision is not None:
            self.seen = max(self.seen, revision)
            self.driver.board.newest = max(self.driver.board.newest, revision)
        self.driver.recorder.write(
            Line(time.monotonic(), phase, self.number, op, wish.kind, number, replica, {}, status, revision, code, told)
        )
        return None if code.startswith(NOT_SENT) else phase != INFO

    def _connection(self) -> tuple[int, Connection]:
        several, now = range(len(self.driver.ports)), time.monotonic()
        up = [one for one in several if self.driver.down.get(one, 0) <= now]
        replica = self.chance.choice(up or several)
        free = self._free[replica]
        return replica, free.pop() if free else Connection(self.driver.ports[replica])

    # What the answers say

    def _learn(self, wish: Wish, body: Mapping[str, Any]) -> dict[str, Any]:
        board, org = self.driver.board, self.driver.org
        if wish.kind == EVALUATE:
            context = body.get("context") or {}
            codes = [one.get("code") for one in context.get("reasons", ())]
            return {"decision": body.get("decision"), "codes": codes, "revision": int(context.get("revision", -1))}
        if wish.kind in ("ask", "decide"):
            if body.get("state") == "pending":
                board.waiting[body["id"]] = body
            else:
                board.waiting.pop(body.get("id", ""), None)
            for one in body.get("grants", ()):
                if one["state"] == "active":
                    where = (org.names[one["employee_id"]], one["account_id"], one["right"])
                    board.grants[one["id"]] = where
                    board.lately.append(where)
            return {"id": body.get("id"), "state": body.get("state")}
        if wish.kind == "revoke" and wish.args["grant"] in board.grants:
            board.lately.append(board.grants.pop(wish.args["grant"]))
        if wish.kind == "freeze":
            board.freezes[body["id"]] = wish.args["account"]
            board.lately.extend([one for one in board.grants.values() if one[1] == wish.args["account"]][:3])
        if wish.kind == "lift":
            board.freezes.pop(wish.args["freeze"], None)
        if wish.kind == "employ":
            self._employed(wish)
        return {"id": body.get("id")}

    def _employed(self, wish: Wish) -> None:
        board, who = self.driver.board, wish.args["who"]
        if wish.args["active"]:
            board.gone.discard(who)
            return
        board.gone.add(who)
        for id_, where in list(board.grants.items()):
            if where[0] == who:
                board.lately.append(board.grants.pop(id_))

    def _forget(self, wish: Wish, code: str) -> None:
        """What was refused for good is not what it was thought to be."""
        board = self.driver.board
        if code in ("request_not_pending", "not_found", "no_longer_allowed", "grant_suspended"):
            board.waiting.pop(wish.args.get("request", ""), None)
        if code in ("grant_ended", "not_found"):
            board.grants.pop(wish.args.get("grant", ""), None)
        if code in ("freeze_ended", "not_found"):
            board.freezes.pop(wish.args.get("freeze", ""), None)


def _named(body: Any, op: str) -> Any:
    """The body with the operation's name in its place."""
    if isinstance(body, dict):
        return {name: _named(value, op) for name, value in body.items()}
    if isinstance(body, list):
        return [_named(one, op) for one in body]
    return op if body == "$op" else body
