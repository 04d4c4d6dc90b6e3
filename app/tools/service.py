"""Registering publishing tools."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.kernel.pages import Page
from app.kernel.work import Work

from . import store
from .rules import Tool


def tool(work: Work, id_or_key: str) -> Tool:
    """One tool."""
    return work.show(store.tool(work.session, id_or_key))


def tools(work: Work, page: Page) -> list[Tool]:
    """A page of tools."""
    return store.page(work.session, page)


def register(work: Work, values: Mapping[str, Any]) -> Tool:
    """Register a tool. Raises ``KeyTaken``, ``NotFound``."""
    units.check_key(values["key"])
    if values.get("business_unit_id"):
        directory.unit(work.session, values["business_unit_id"])
    made = store.add(work.session, work.now, values)
    audit.record(work, "publishing_tool.registered", ("publishing_tool", made.id), after=told(made))
    return work.show(made)


def retire(work: Work, id_or_key: str) -> Tool:
    """Take a tool out of use; from now on it is no registered tool."""
    found = store.lock_tool(work.session, store.tool(work.session, id_or_key).id)
    work.match(found)
    if found.retired_at is None:
        before, found = found, store.save(work.session, found.id, work.now, {"retired_at": work.now})
        audit.record(
            work, "publishing_tool.retired", ("publishing_tool", found.id), before=told(before), after=told(found)
        )
    return work.show(found)


def rescope(work: Work, source: UUID, target: UUID) -> int:
    """A unit is merged into another: its tools become the other's."""
    found = store.of_unit(work.session, source)
    for one in found:
        moved = store.save(work.session, one.id, work.now, {"business_unit_id": target})
        audit.record(work, "publishing_tool.rescoped", ("publishing_tool", one.id), before=told(one), after=told(moved))
    return len(found)


def told(tool: Tool) -> dict[str, Any]:
    """A tool as the audit log tells it."""
    return {name: getattr(tool, name) for name in ("key", "name", "vendor", "business_unit_id", "retired_at")}
