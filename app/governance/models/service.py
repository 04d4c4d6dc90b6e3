"""Which model is in force where."""

from datetime import datetime
from uuid import UUID

from app.kernel.work import Work

from . import rules, store
from .rules import MODELS, Model, ModelKey, Setting


def setting(work: Work, path: tuple[UUID, ...], at: datetime | None = None) -> Setting:
    """The choice in force at a unit (by its path), at this instant unless told another."""
    moment = at or work.now
    found = rules.nearest(store.settings_for(work.session, path), path, moment)
    return found or Setting(None, None, ModelKey.HUB_AND_SPOKE, None, moment, "the product's default", None, moment)


def model(work: Work, path: tuple[UUID, ...]) -> Model:
    """The model in force at a unit."""
    return MODELS[setting(work, path).model]
