"""Networks are data: reading them, and adding one."""

from collections.abc import Mapping
from typing import Any

from app.audit import service as audit
from app.kernel.work import Work

from . import rules, store
from .rules import Network


def networks(work: Work) -> list[Network]:
    """Every network."""
    return store.networks(work.session)


def network(work: Work, key: str) -> Network:
    """One network."""
    return store.network(work.session, key)


def add(work: Work, data: Mapping[str, Any]) -> Network:
    """Add a network by its rules. Raises ``BadNetwork``, ``KeyTaken``."""
    made = Network.from_data(data)
    rules.ensure_distinct(made, store.networks(work.session))
    store.add(work.session, work.now, made)
    audit.record(work, "network.added", ("network", made.key), after=made.as_data())
    return made
