"""Selecting vendors: who they are, what their tools are for, and by which assessment a tool is approved.

Registering a tool lets posts come from it; what it is beside that is said here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.roles import store as roles
from app.roles.rules import Role
from app.tools import service as tools
from app.tools import store as tool_store
from app.tools.rules import Tool

from . import rules, store
from .rules import Assessment, AssessmentState, Profile, Standing, Vendor, Verdict

_PLAIN = ("key", "name", "url", "contract_ends_on")
_PERSONAL = ("contact", "note")
"""What people write of a vendor: it may name somebody, so that the log can forget it."""


@dataclass(frozen=True, slots=True)
class Described:
    """A tool with what vendor selection knows of it, and where it stands now."""

    tool: Tool
    profile: Profile
    standing: Standing


def vendor(work: Work, id_or_key: str) -> Vendor:
    """One vendor by id or key. Raises ``NotFound``."""
    return work.show(store.vendor(work.session, id_or_key))


def vendors(work: Work, page: Page) -> list[Vendor]:
    """A page of vendors."""
    return store.page_vendors(work.session, page)


def register_vendor(work: Work, values: Mapping[str, Any]) -> Vendor:
    """A new vendor. Raises ``KeyTaken``, ``Invalid``."""
    units.check_key(values["key"])
    made = store.add_vendor(work.session, work.now, values)
    audit.record(work, "vendor.registered", ("vendor", made.id), after=_vendor_told(made))
    return work.show(made)


def update_vendor(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Vendor:
    """Say otherwise who a vendor is, or until when there is a contract. Raises ``NotFound``, ``PreconditionFailed``."""
    if changes.get("name", "") is None:
        raise Invalid.field("/name", "required", "This is always said.")
    before = store.lock_vendor(work.session, store.vendor(work.session, id_or_key).id)
    work.match(before)
    news = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not news:
        return work.show(before)
    after = store.save_vendor(work.session, before.id, work.now, news)
    audit.record(
        work, "vendor.updated", ("vendor", after.id), before=_vendor_told(before), after=_vendor_told(after)
    )  # fmt: skip
    return work.show(after)


def tool(work: Work, id_or_key: str) -> Described:
    """One tool, as it is described."""
    return _described(work, [work.show(tool_store.tool(work.session, id_or_key))])[0]


def all_tools(work: Work, page: Page) -> list[Described]:
    """A page of tools, as they are described."""
    return _described(work, tool_store.page(work.session, page))


def _described(work: Work, found: list[Tool]) -> list[Described]:
    profiles = store.profiles(work.session, {one.id for one in found})
    standings = store.standings(work.session, work.now)
    return [Described(one, profiles[one.id], standings[one.id]) for one in found]


def register(work: Work, values: Mapping[str, Any], said: Mapping[str, Any]) -> Described:
    """Register a tool (``values``) and describe it. Raises ``KeyTaken``, ``NotFound``, ``Invalid``."""
    made = tools.register(work, values)
    return _describe(work, made, said)


def describe(work: Work, id_or_key: str, said: Mapping[str, Any]) -> Described:
    """Say who sells a tool (``vendor_id``: id or key, None: nobody) and what it is for (``kinds``).

    Raises ``NotFound``, ``ToolRetired``, ``PreconditionFailed``, ``Invalid``.
    """
    held = tool_store.lock_tool(work.session, tool_store.tool(work.session, id_or_key).id)
    work.match(held)
    rules.check_in_use(held)
    return _describe(work, held, said)


def _describe(work: Work, of: Tool, said: Mapping[str, Any]) -> Described:
    before = store.profiles(work.session, {of.id})[of.id]
    after = Profile(of.id, _vendor_id(work, before, said), tuple(sorted(set(said.get("kinds", before.kinds)))))
    if after != before:
        store.save_profile(work.session, after)
        # What is shown with the tool has changed: another ETag.
        of = tool_store.save(work.session, of.id, work.now, {})
        audit.record(
            work, "publishing_tool.described", ("publishing_tool", of.id), before=_told(before), after=_told(after)
        )
    return _described(work, [work.show(of)])[0]


def _vendor_id(work: Work, before: Profile, said: Mapping[str, Any]) -> UUID | None:
    if "vendor_id" not in said:
        return before.vendor_id
    named = said["vendor_id"]
    try:
        return store.vendor(work.session, named).id if named is not None else None
    except NotFound as error:
        raise Invalid.field("/vendor_id", "unknown_vendor", str(error)) from None


def retire(work: Work, id_or_key: str) -> Described:
    """Take a tool out of use; it is neither registered nor approved from now on."""
    return _described(work, [tools.retire(work, id_or_key)])[0]


def assessment(work: Work, id_: UUID) -> Assessment:
    """One assessment. Raises ``NotFound``."""
    return work.show(store.assessment(work.session, id_))


def assessments(work: Work, page: Page, tool_ref: str | None) -> list[Assessment]:
    """A page of assessments: of a tool (id or key); of what is not there, none."""
    of = tool_store.find(work.session, tool_ref) if tool_ref is not None else None
    if tool_ref is not None and of is None:
        return []
    return store.page_assessments(work.session, page, of.id if of else None)


def propose(work: Work, tool_ref: str, summary: str, valid_until: datetime) -> Assessment:
    """Propose that a tool (id or key) be approved until then.

    Raises ``NotFound``, ``ToolRetired``, ``AssessmentOpen``, ``Invalid``.
    """
    of = _held(work, tool_store.tool(work.session, tool_ref).id)
    rules.check_end(valid_until, _vendor_of(work, of), work.now)
    values = {
        "tool_id": of.id, "state": AssessmentState.PROPOSED, "summary": summary, "valid_until": valid_until,
        "proposed_by": work.actor.employee_id,
    }  # fmt: skip
    made = store.add_assessment(work.session, work.now, values)
    tool_store.save(work.session, of.id, work.now, {})  # it stands elsewhere now, and is shown so: another ETag
    told = {**_assessment_told(made), "summary": Personal(made.summary), "proposed_by": made.proposed_by}
    audit.record(work, "assessment.proposed", ("assessment", made.id), after=told)
    return work.show(made)


def decide(work: Work, id_: UUID, verdict: Verdict, comment: str | None) -> Assessment:
    """Approve a tool by its assessment, or refuse it; the decision before is superseded.

    Raises ``NotFound``, ``AssessmentDecided``, ``AssessorDecides``, ``ToolRetired``, ``PreconditionFailed``, ``Invalid``.
    """
    of = _held(work, store.assessment(work.session, id_).tool_id)
    before = store.lock_assessment(work.session, id_)
    work.match(before)
    strategists = {one.employee_id for one in roles.in_force(work.session, work.now, role=Role.STRATEGIST)}
    rules.check_decider(before, work.me, len(strategists))
    if verdict is Verdict.APPROVE:
        rules.check_end(before.valid_until, _vendor_of(work, of), work.now)
    old = store.counting(work.session, of.id)
    if old is not None:
        store.save_assessment(work.session, old.id, work.now, {"superseded_at": work.now})
    news = {"state": rules.DECIDED[verdict], "decided_by": work.me, "decided_at": work.now, "comment": comment}
    after = store.save_assessment(work.session, id_, work.now, news)
    tool_store.save(work.session, of.id, work.now, {})
    told = {**_assessment_told(after), "supersedes": [old.id] if old else []}
    audit.record(
        work, "assessment.approved" if verdict is Verdict.APPROVE else "assessment.refused", ("assessment", id_),
        before=_assessment_told(before), after=told, reason=comment,
    )  # fmt: skip
    return work.show(after)


def _held(work: Work, tool_id: UUID) -> Tool:
    """A tool in use, held: of what is decided about it, one thing comes after the other."""
    held = tool_store.lock_tool(work.session, tool_id)
    rules.check_in_use(held)
    return held


def _vendor_of(work: Work, of: Tool) -> Vendor | None:
    vendor_id = store.profiles(work.session, {of.id})[of.id].vendor_id
    return store.vendor(work.session, vendor_id) if vendor_id else None


def _told(one: Profile) -> dict[str, Any]:
    return {"vendor_id": one.vendor_id, "kinds": _words(one.kinds)}


def _words(kinds: Iterable[str]) -> list[str]:
    return [str(one) for one in kinds]


def _vendor_told(one: Vendor) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in _PLAIN}
    return {**plain, **{name: Personal(getattr(one, name)) for name in _PERSONAL}}


def _assessment_told(one: Assessment) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("tool_id", "state", "valid_until")}
