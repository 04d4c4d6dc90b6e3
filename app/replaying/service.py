"""From an empty database the log alone rebuilds every table that holds state: this does so, beside the tables, and looks."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice

from app.audit import store as audit
from app.audit.rules import Event
from app.kernel.work import Work

from . import rules, store
from .rules import Difference

MOST = 20
"""How many differences are told, unless somebody asks for more."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay: so many events, and where the tables differ from what they tell; ``more``: elsewhere, too."""

    events: int
    differences: tuple[Difference, ...]
    more: bool = False


def replay(work: Work, progress: Callable[[int], None] | None = None, most: int = MOST) -> Replayed:
    """Replay the whole log into tables of its own and compare those with the present ones, as this work sees both.

    ``progress`` is told the number of events, now and then.
    """
    merges, count = store.merges(work.session), 0
    with store.rebuilding() as tables:
        tables.apply_all(rules.beginnings())
        for count, (event, values) in enumerate(audit.walk(work.session), start=1):
            tables.apply_all(rules.steps(rules.told(Event(*event), values), merges))
            if progress and count % 1000 == 0:
                progress(count)
        tables.finish()
        apart = chain.from_iterable(store.differences(work.session, name, tables) for name in store.tables())
        found = tuple(islice(apart, most + 1))
    return Replayed(count, found[:most], more=len(found) > most)
