"""Which model is in force where."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from app.kernel.work import Work

from . import rules, store
from .rules import MODELS, Model, Setting

_SUPPOSED = "a choice that is only supposed"


def setting(work: Work, path: tuple[UUID, ...], at: datetime | None = None) -> Setting:
    """The choice in force at a unit (by its path), at this instant unless told another."""
    moment = at or work.now
    return rules.nearest(_with_supposed(work, store.settings_for(work.session, path)), path, moment) or rules.undecided(
        moment
    )


def settings(work: Work, paths: Iterable[tuple[UUID, ...]]) -> dict[tuple[UUID, ...], Setting]:
    """The choices in force at several units, by path, in one statement."""
    wanted = set(paths)
    every = store.settings_for(work.session, tuple({id_ for path in wanted for id_ in path})) if wanted else []
    known = _with_supposed(work, every)
    return {path: rules.nearest(known, path, work.now) or rules.undecided(work.now) for path in wanted}


@contextmanager
def supposing(work: Work, choice: Setting) -> Iterator[None]:
    """As if this had just been chosen: whoever asks this work for the model in force is answered so, and nothing is written."""
    work.session.info[_SUPPOSED] = choice
    try:
        yield
    finally:
        del work.session.info[_SUPPOSED]


def _with_supposed(work: Work, found: list[Setting]) -> list[Setting]:
    supposed: Setting | None = work.session.info.get(_SUPPOSED)
    return found if supposed is None else [*found, supposed]


def model(work: Work, path: tuple[UUID, ...]) -> Model:
    """The model in force at a unit."""
    return MODELS[setting(work, path).model]
