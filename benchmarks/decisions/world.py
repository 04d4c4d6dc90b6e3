"""The enterprise that is asked about: who holds what, and the questions. Only the standard library: the peers read it too.

People and accounts go by number. A question names a person by HR's employee id and an account by ``network:handle``.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

SEED = 7
HOT = 2_000
DISTINCT = 20_000
COLD = 200_000
CROWD = 50
COLLECTED = 200
FREE = 40
TOOL = "fanfare"
COURSE = "social-basics"


@dataclass(frozen=True, slots=True)
class Size:
    """How large: beside these, an account of ``CROWD`` publishers and a person of ``COLLECTED`` rights."""

    name: str
    people: int
    accounts: int
    grants: int

    def told(self) -> str:
        """In a cell of the table."""
        return f"{self.people:,} people, {self.accounts:,} accounts, {self.grants:,} grants"


SMALL = Size("small", 1_000, 178, 2_000)
LARGE = Size("large", 1_000_000, 100_000, 2_000_000)

IN_FORCE, EXPIRED, REVOKED, SUSPENDED = "in force", "expired", "revoked", "suspended"
_STATES = (*[IN_FORCE] * 17, EXPIRED, REVOKED, SUSPENDED)
"""By the number of a grant, in turns."""


def person(n: int) -> str:
    """HR's employee id of the n-th person."""
    return f"e{n:07d}"


def account(n: int) -> str:
    """``network:handle`` of the n-th account."""
    return f"x:a{n:07d}"


def state_of(n: int) -> str:
    """How the n-th grant stands."""
    return _STATES[n % len(_STATES)]


@dataclass(frozen=True)
class World:
    """Everything that is known of one size. ``pairs``: person and account of each grant to publish, by its number.

    The crowded account, the frozen one and those where a right is granted on request have the numbers after the others;
    so have the collector and those who ask for rights.
    """

    size: Size

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """No two alike; anybody may hold a right on any account."""
        r, found = random.Random(SEED), dict[tuple[int, int], None]()
        while len(found) < self.size.grants:
            found[r.randrange(self.size.people), r.randrange(self.size.accounts)] = None
        return list(found)

    @cached_property
    def in_force(self) -> set[tuple[int, int]]:
        """Who may publish where."""
        return {pair for n, pair in enumerate(self.pairs) if state_of(n) == IN_FORCE}

    @property
    def crowded(self) -> int:
        """The account of ``CROWD`` publishers: the first people of all."""
        return self.size.accounts

    @property
    def frozen(self) -> int:
        """An account that nobody asks about, in a unit where posting is frozen."""
        return self.size.accounts + 1

    @property
    def free(self) -> range:
        """Accounts in a unit that grants on request."""
        return range(self.size.accounts + 2, self.size.accounts + 2 + FREE)

    @property
    def collector(self) -> int:
        """Whoever holds ``COLLECTED`` rights: to publish, and to engage where there are not so many accounts."""
        return self.size.people

    @property
    def strategist(self) -> int:
        """Who leads the Center of Excellence."""
        return self.size.people + 1

    @property
    def askers(self) -> range:
        """Those who ask for rights while decisions are measured."""
        return range(self.size.people + 2, self.size.people + 2 + FREE)

    @cached_property
    def collected(self) -> list[tuple[int, str]]:
        """Accounts and rights of the collector."""
        wide = self.size.accounts
        return [(n % wide, "publish" if n < wide else "engage") for n in range(min(COLLECTED, 2 * wide))]

    def questions(self, count: int, *, seed: int = 0) -> list[tuple[int, int]]:
        """Distinct pairs, half of them those of a grant, half anybody's and any account's, in turns."""
        r = random.Random(f"questions {seed}")
        held = r.sample(self.pairs, min(count // 2, len(self.pairs)))
        found = dict.fromkeys(held)
        while len(found) < min(count, self.size.people * self.size.accounts * 3 // 4):
            found[r.randrange(self.size.people), r.randrange(self.size.accounts)] = None
        several = list(found)
        r.shuffle(several)
        return several


def body(pair: tuple[int, int]) -> str:
    """A question as AuthZEN has it, without a blank."""
    return _json(question(pair))


def question(pair: tuple[int, int]) -> dict[str, object]:
    """May this person publish on that account?"""
    who, where = pair
    return {
        "subject": {"type": "employee", "id": person(who)},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": account(where)},
    }


def batches(pairs: list[tuple[int, int]], size: int) -> Iterator[str]:
    """Bodies of ``/evaluations``, so many questions in each."""
    for at in range(0, len(pairs) - size + 1, size):
        several = [{k: v for k, v in question(pair).items() if k != "action"} for pair in pairs[at : at + size]]
        yield _json({"action": {"name": "publish"}, "evaluations": several})


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
