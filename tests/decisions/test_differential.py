"""Whatever has happened, and whenever it is asked: memory, what it has kept, and the database say the same."""

import os
from datetime import timedelta

from app.clients import service as clients
from app.decisions import service
from app.decisions.memory.instants import NEVER, micros, sure
from app.kernel.access import operator_work
from tests.shadow import shortened, undated

from .history import DIGESTS, NAMES, PEOPLE, History
from .inside import content

DEPTH = int(os.environ.get("COE_DECISIONS_DEPTH", "9"))
"""How many things happen."""
SEED = int(os.environ.get("COE_DECISIONS_SEED", "5"))
EVALUATION, EVALUATIONS, SEARCH = "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search"
FULL = {"context": {"consistency": "full"}}


def asking(who, right, account, **context):
    """One item of a batch."""
    told = {"subject": {"type": "employee", "id": who}, "action": {"name": right},
            "resource": {"type": "account", "id": account}}  # fmt: skip
    return told | ({"context": context} if context else {})


def fixed(world):
    """The same questions all the time: the more of them were answered before, the better."""
    found = [asking(who, right, "x:acme") for who in PEOPLE for right in ("publish", "analyze")]
    found += [asking(who, "publish", account) for who in NAMES for account in ("x:acme", "X.com/Depot", "x:@DEPOT")]
    found += [asking(str(world.ids["asker"]), right, "x:depot") for right in ("draft", "engage", "administer", "none")]
    found += [asking(who, "engage", f"x:{handle}") for who in ("asker", "boss") for handle in ("fresh", "fresh2", "no")]
    for digest in DIGESTS:
        found.append(asking("asker", "publish", "x:acme", content_sha256=digest))
        found.append(asking("asker", "publish", "x:acme", content_sha256=digest, tool="fanfare"))
    found += [asking("colleague", "engage", "x:acme", tool=tool) for tool in ("fanfare", "platform", "nothing")]
    return found


class Both:
    """Asks by both ways, as a client with a tool, as one without, and as a gateway."""

    def __init__(self, world):
        self.world, self.questions, self.asked, self.turn = world, fixed(world), 0, 0
        with world.work() as work:
            made = [
                clients.create_client(work, "Plain", ["decisions"], static=True),
                clients.create_client(work, "Tool", ["decisions"], static=True, tool_key="fanfare"),
                clients.create_client(work, "Gateway", ["decisions"], static=True, gateway=True),
            ]
        self.bearers = [one.bearer for one in made]
        world.gateway = self.bearers[-1]
        self.direct = shortened(world).app.direct

    def send(self, path, body, bearer, *, short=True):
        self.world.app.direct = self.direct if short else None
        answer = self.world.client.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"})
        self.world.app.direct = self.direct
        assert answer.status_code == 200, answer.text
        self.asked += 1
        return undated(answer.json())

    def same(self, path, body, bearer):
        """Twice from memory, and once from the database."""
        first, kept = self.send(path, body, bearer), self.send(path, body, bearer)
        there = self.send(path, FULL | body, bearer, short=False)
        assert first == there
        assert kept == there
        return there

    def all(self):
        """Every question, as one client after the other, and some of them alone."""
        self.turn += 1
        self.same(EVALUATIONS, {"evaluations": self.questions}, self.bearers[self.turn % 3])
        for n in range(self.turn % 19, len(self.questions), 19):
            self.same(EVALUATION, self.questions[n], self.bearers[self.turn % 3])
        subject, resource = self.questions[0]["subject"], self.questions[0]["resource"]
        publish, bearer = {"name": "publish"}, self.bearers[1]
        self.same(f"{SEARCH}/action", {"subject": subject, "resource": resource}, bearer)
        self.same(
            f"{SEARCH}/subject", {"subject": {"type": "employee"}, "action": publish, "resource": resource}, bearer
        )
        self.same(
            f"{SEARCH}/resource", {"subject": subject, "action": publish, "resource": {"type": "account"}}, bearer
        )

    def around(self, chance):
        """The same at the next instants at which something turns by itself, at the ones before and after; and back."""
        index, now = self.world.prompt.desk.index, self.world.clock.now
        turns = set(index.world.turns)
        for row in range(len(index.people)):
            one = index.people.employment(row)
            turns |= {one.begins, one.ends}
            for account in index.grants.accounts_of(row):
                turns |= {at for held in index.grants.of_pair(row, account) for at in held.turns()}
        turns |= {one.not_after for ones in index.clearances._of_content.values() for one in ones.values()}
        ahead = sorted(at for at in turns if micros(now) < at < NEVER)[:12]
        if not ahead:
            return
        at = sure(chance.choice(ahead))
        for by in (-1, 0, 1, 499_999, -1):
            self.world.clock.now = at + timedelta(microseconds=by)
            self.all()
        self.world.clock.now = now
        self.all()


def run(team, seed, depth):
    """One history, asked about all along. What happened is told where the answers differ."""
    history = History(team, seed)
    both = Both(team)
    for step in range(depth):
        history.step()
        try:
            both.all()
            if history.chance.random() < 0.25:
                both.around(history.chance)
            if step % 10 == 9:
                with operator_work(team.house, write=False) as work:
                    fresh = content(service.load(work))
                held = content(team.prompt.desk.index)
                assert {name: held[name] for name in fresh} == fresh
        except AssertionError as error:
            told = "\n".join(map(str, history.told[-25:]))
            raise AssertionError(f"seed {seed}, step {step}, at {team.clock.now}\n{told}\n{error}") from error
    return history, both


def test_both_ways_say_the_same_whatever_happens(team):
    history, both = run(team, SEED, DEPTH)
    done = [one for one in history.told if one[-1] < 300]
    assert len(done) >= 10, "a history in which nothing happens shows nothing"
    assert both.asked > 10 * DEPTH
