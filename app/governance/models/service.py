"""Which model is in force where."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.kernel.work import Work

from . import rules, store
from .rules import MODELS, Model, ModelKey, Setting


def setting(work: Work, path: tuple[UUID, ...], at: datetime | None = None) -> Setting:
    """The choice in force at a unit (by its path), at this instant unless told another."""
    moment = at or work.now
    return rules.nearest(store.settings_for(work.session, path), path, moment) or _default(moment)


def settings(work: Work, paths: Iterable[tuple[UUID, ...]]) -> dict[tuple[UUID, ...], Setting]:
    """The choices in force at several units, by path, in one statement."""
    wanted = set(paths)
    every = store.settings_for(work.session, tuple({id_ for path in wanted for id_ in path})) if wanted else []
    return {path: rules.nearest(every, path, work.now) or _default(work.now) for path in wanted}


def _default(at: datetime) -> Setting:
    return Setting(None, None, ModelKey.HUB_AND_SPOKE, None, at, "the product's default", None, at)


def model(work: Work, path: tuple[UUID, ...]) -> Model:
    """The model in force at a unit."""
    return MODELS[setting(work, path).model]
