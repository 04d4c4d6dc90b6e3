"""All that decisions depend on, in memory: facts by question, as they were at one revision.

Whoever asks, and whoever applies changes, does so from one thread at a time; in between the index is one state of the
database, whole.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.accounts.rules import AccountState
from app.governance.clearances import rules as clearance_rules
from app.governance.evaluation import rules
from app.governance.evaluation.rules import Facts, Resource, Subject, UsedTool
from app.governance.models.rules import Right
from app.governance.reasons.rules import ReasonCode
from app.networks import rules as network_rules
from app.policies.rules import Limits
from app.policies.typed.rules import courses
from app.programme.training.rules import Learnt

from .accounts import Accounts, Standing
from .clearances import Clearances, Cleared
from .grants import Granted, Grants
from .hashed import ABSENT, IntMap
from .instants import NEVER, micros, sure
from .people import People, Person, uuid_bytes
from .world import Era, World

_MINUTE = 60_000_000
_PEOPLE = 32  # bits for the row of a person below the number of a course or a version
_HANDLES = 200_000  # spellings of handles that are remembered: reading one takes longer than all the rest
_RIGHTS = {right.value: right for right in Right}
LONGEST = 500
"""Characters of what is remembered as it was written, at most: nobody and nothing is called by more."""


class Question(NamedTuple):
    """What is asked, as it was written; ``tool``: the calling client's own (by our id), or what a gateway named."""

    subject: str
    right: str
    account: str
    tool: bytes | str | None = None
    digest: str | None = None


class Found(NamedTuple):
    """The facts of a question and until when (in microseconds) they, and what rules make of them, stay as they are.

    ``person`` and ``account``: whose change ends that sooner; rows, ``ABSENT`` for unknown ones.
    """

    facts: Facts
    until: int
    person: int
    account: int


@dataclass
class Delta:
    """What is new since another revision. ``world`` None: nothing in it changed.

    ``learnt`` and ``attested``: all there is of the people named there.
    """

    revision: int
    world: World | None = None
    people: list[Person] = field(default_factory=list)
    accounts: list[Standing] = field(default_factory=list)
    grants: list[Granted] = field(default_factory=list)
    clearances: list[tuple[bytes, Cleared]] = field(default_factory=list)
    learnt: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    attested: dict[bytes, set[bytes]] = field(default_factory=dict)


class Touched(NamedTuple):
    """Whose answers may differ after a change; ``all_``: everybody's."""

    all_: bool
    people: set[int]
    accounts: set[int]


class Index:
    """One state of the database, kept true by ``apply``."""

    def __init__(self, world: World, revision: int, people: int = 0, grants: int = 0) -> None:
        self.revision = revision
        self.world = world
        self.people, self.accounts = People(people), Accounts()
        self.grants, self.clearances = Grants(grants), Clearances()
        self.learnt, self.attested = IntMap(people), IntMap(people)
        self._handles: dict[str, int] = {}
        self._courses: dict[bytes, int] = {}
        self._versions: dict[bytes, int] = {}
        self._era: Era | None = None

    def era(self, at: int) -> Era:
        """The stretch of time that an instant lies in."""
        era = self._era
        if era is None or not era.holds(at):
            era = self._era = self.world.era(at)
        return era

    # What changes

    def apply(self, delta: Delta) -> Touched:
        """Go on to a later state; answers who is touched by what changed."""
        if delta.world is not None:
            self.world, self._era = delta.world, None
        if delta.world is not None or delta.accounts:
            self._handles.clear()
        people = {self.people.put(one) for one in delta.people}
        for one in delta.people:  # who was meant by a name may not be, once it is somebody else's
            people |= self.people.namesakes(one)
        accounts = {self.accounts.put(one) for one in delta.accounts}
        for granted in delta.grants:
            people.add(self.take_grant(granted))
        for account_id, cleared in delta.clearances:
            accounts.add(self.take_clearance(account_id, cleared))
        for id_, done in delta.learnt.items():
            people.add(self._take_learnt(id_, done))
        for id_, versions in delta.attested.items():
            people.add(row := self.people.row_of(id_))
            for version in versions:
                self.take_attested(row, version)
        if self._era is not None:
            self._era.forget(accounts)
        self.revision = delta.revision
        return Touched(delta.world is not None, people, accounts)

    def take_grant(self, granted: Granted) -> int:
        """A grant, new or changed; answers the row of its holder."""
        person = self.people.row_of(granted.employee_id)
        self.grants.put(granted, person, self.accounts.row_of(granted.account_id))
        return person

    def take_clearance(self, account_id: bytes, cleared: Cleared) -> int:
        """A clearance, new or changed; answers the row of its account."""
        account = self.accounts.row_of(account_id)
        self.clearances.put(cleared._replace(account=account))
        return account

    def number_of_course(self, course: bytes) -> int:
        """The number that stands for a course here."""
        return self._courses.setdefault(course, len(self._courses))

    def number_of_version(self, version: bytes) -> int:
        """The number that stands for a version of a policy here."""
        return self._versions.setdefault(version, len(self._versions))

    def take_learnt(self, person: int, course: bytes, at: int) -> None:
        """When somebody completed a course last."""
        self.learnt.put(duty(person, self.number_of_course(course)), at)

    def take_attested(self, person: int, version: bytes) -> None:
        """Somebody has accepted a version; that is never taken back."""
        self.attested.put(duty(person, self.number_of_version(version)), 1)

    def _take_learnt(self, id_: bytes, done: dict[bytes, int]) -> int:
        person = self.people.row_of(id_)
        for course, number in self._courses.items():
            if course not in done:
                self.learnt.remove(duty(person, number))
        for course, at in done.items():
            self.take_learnt(person, course, at)
        return person

    # What is asked

    def find_person(self, text: str) -> int:
        """The row of the one person that a text names; ``ABSENT`` for nobody, or two."""
        found = self.people.find(text)
        return found[0] if len(found) == 1 else ABSENT

    def find_account(self, text: str) -> int:
        """The row of the account that our id or ``network:handle`` names, in any spelling; ``ABSENT`` for none."""
        id_ = uuid_bytes(text)
        if id_ is not None:
            return self.accounts.row_of(id_)
        row = self._handles.get(text)
        if row is None:
            row = self._registered(text)
            if len(self._handles) < _HANDLES and len(text) <= LONGEST:
                self._handles[text] = row
        return row

    def _registered(self, text: str) -> int:
        key, _, handle = text.partition(":")
        network = self.world.networks.get(key)
        if network is None:
            return ABSENT
        try:
            return self.accounts.registered(key, network_rules.canonical(network, handle).canonical)
        except network_rules.BadHandle:
            return ABSENT

    def look(self, question: Question, at: datetime) -> Found:
        """The facts of a question at an instant."""
        return self.facts(self.find_person(question.subject), self.find_account(question.account), question, at)

    def facts(self, person: int, account: int, question: Question, at: datetime) -> Found:
        """The same of a person and an account whose rows are known."""
        now = micros(at)
        era = self.era(now)
        ends = [era.until]
        right = _RIGHTS.get(question.right)
        resource = era.resource(account, self.accounts.account(account)) if account != ABSENT else None
        subject = self._subject(person, resource.limits if resource else None, era, now, ends)
        held = self.grants.of_pair(person, account) if ABSENT not in {person, account} else []
        ends += [turn for one in held for turn in one.turns()]
        facts = Facts(
            right, subject, resource, tuple(one.tenure() for one in held), self._tool(question.tool),
            self._clearance(question, account, resource, at, ends) if right is Right.PUBLISH else None,
        )  # fmt: skip
        if resource is not None and resource.limits["posting_hours"] is not None:
            ends.append((now // _MINUTE + 1) * _MINUTE)  # zones are whole minutes away from each other
        return Found(facts, min((end for end in ends if end > now), default=NEVER), person, account)

    def _subject(self, row: int, limits: Limits | None, era: Era, now: int, ends: list[int]) -> Subject | None:
        if row == ABSENT:
            return None
        person = self.people.employment(row)
        id_, employed = UUID(bytes=person.id), person.employed(now)
        ends += (person.begins, person.ends)
        subject = Subject(
            id_, employed, person.employment_type, employed and id_ in era.members,
            completed=self._completed(row, limits) if limits else {},
            attested=self._accepted(row, limits) if limits else frozenset(),
        )  # fmt: skip
        if limits is not None:
            ends += map(micros, rules.turns(subject, limits))
        return subject

    def _completed(self, person: int, limits: Limits) -> dict[str, Learnt]:
        found = {}
        for key in courses(limits["required_training"] or ()):
            id_, days = self.world.courses[key]
            number = self._courses.get(id_.bytes, ABSENT)
            at = self.learnt.get(duty(person, number)) if number != ABSENT else ABSENT
            if at != ABSENT:
                found[key] = Learnt(sure(at), days)
        return found

    def _accepted(self, person: int, limits: Limits) -> frozenset[UUID]:
        return frozenset(
            one.version_id
            for one in limits.attestations
            if (number := self._versions.get(one.version_id.bytes, ABSENT)) != ABSENT
            and self.attested.get(duty(person, number)) != ABSENT
        )

    def _tool(self, asked: bytes | str | None) -> UsedTool | None:
        if isinstance(asked, bytes):
            own = self.world.tools_by_id[UUID(bytes=asked)]
            return UsedTool(own.key, own)
        return UsedTool(asked, self.world.tool(asked)) if asked else None

    def _clearance(
        self, question: Question, account: int, resource: Resource | None, at: datetime, ends: list[int]
    ) -> ReasonCode | None:
        if resource is None or not resource.limits["clearance_required"]:
            return None
        known = self.clearances.of_account(account, question.digest)
        ends += [one.not_after for one in known]
        return clearance_rules.check([one.vetted() for one in known], question.digest, at)


def duty(person: int, number: int) -> int:
    """The key of what somebody has done: a course or a version, by its number."""
    return number << _PEOPLE | person


def standing(id_: bytes, network: str, handle: str, state: str, unit_id: bytes) -> Standing:
    """An account of plain columns."""
    return Standing(id_, network, handle, AccountState(state), UUID(bytes=unit_id))
