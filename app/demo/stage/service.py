"""The stage on which the demo enterprise is founded: who acts, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.directory import store as directory
from app.kernel.access import House
from app.kernel.actor import Actor, ActorKind
from app.kernel.work import Work
from app.roles import service as roles

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_OPERATOR = Actor(ActorKind.OPERATOR, roles=("operator",))


@dataclass(slots=True)
class Founding:
    """One founding. Our ids by key, as far as they are known; ``examples`` as ``Demo`` gives them."""

    parts: House
    now: datetime
    units: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def operating(self, ago: timedelta) -> Iterator[Work]:
        """One transaction of an operator, so long ago; what was recorded is sealed before it commits."""
        with self.parts.writes.begin() as session:
            work = Work(session, _OPERATOR, self.now - ago)
            yield work
            self.parts.seal(work)

    @contextmanager
    def acting(self, who: str, ago: timedelta) -> Iterator[Work]:
        """One transaction in somebody's name, with the powers that they had then."""
        with self.operating(ago) as work:
            work.actor = roles.actor_for(work, directory.employee(work.session, self.people[who]))
            yield work
