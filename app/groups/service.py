"""Groups as an identity provider sends them, and what a strategist has their membership mean.

By itself a group means nothing here. A mapping makes joining it a move into a unit, or an appointment; leaving it ends
that appointment. HR's last word counts: a department stated after a group's move moves the person again.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import Employee, UnitClosed, UnitState, check_open
from app.kernel.errors import Conflict, FieldError, Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.networks import store as networks
from app.roles import rules as role_rules
from app.roles import service as roles
from app.roles import store as role_store
from app.roles.rules import Role

from . import rules, store
from .rules import Group, Mapping, Member, MemberKind


def create(work: Work, values: dict[str, Any], members: Sequence[Member]) -> Group:
    """A new group. Raises ``GroupExists``, ``Invalid`` for a member that nobody knows."""
    made = store.add(work.session, work.now, values)
    joined, _ = rules.difference([], list(members))
    told_joined = _join(work, made, joined)
    after = {**told(made), "members": len(joined), "memberships": told_joined}
    audit.record(work, "group.created", ("group", made.id), after=after)
    return made


def update(work: Work, id_: UUID, values: dict[str, Any], members: Sequence[Member]) -> Group:
    """State a group anew: its names and all of its members. Raises ``NotFound``, ``GroupExists``, ``Invalid``."""
    before, had = store.group(work.session, id_), store.members(work.session, [id_]).get(id_, [])
    # People before the group, in every transaction: a leaver's holds the person and then takes them out of groups.
    directory.lock_employees(work.session, [one.id for side in rules.difference(had, list(members)) for one in side])
    before = store.group(work.session, id_, lock=True)
    joined, left = rules.difference(store.members(work.session, [id_]).get(id_, []), list(members))
    changes = {name: value for name, value in values.items() if getattr(before, name) != value}
    if not (changes or joined or left):
        return before
    after = store.save(work.session, id_, work.now, changes)
    store.drop_members(work.session, id_, left)
    for mapping in store.mappings_of(work.session, id_):
        for one in left:
            _end_appointment(work, mapping, one.id, f"no longer a member of the group {after.display_name}")
    told_joined = _join(work, after, joined)
    audit.record(
        work, "group.updated", ("group", id_), before=told(before),
        after={**told(after), "joined": _ids(joined), "left": _ids(left), "memberships": told_joined},
    )  # fmt: skip
    return after


def delete(work: Work, id_: UUID) -> None:
    """The identity provider has deleted a group: what its membership gave ends, what it moved stays. Raises ``NotFound``."""
    had = store.members(work.session, [id_]).get(id_, [])
    directory.lock_employees(work.session, [one.id for one in had])
    before = store.group(work.session, id_, lock=True)
    for mapping in store.mappings_of(work.session, id_):
        _end(work, mapping, "the group was deleted", {"group_id": None})
    store.remove(work.session, id_)
    audit.record(work, "group.deleted", ("group", id_), before={**told(before), "members": len(had)})


def forget(work: Work, employee_id: UUID) -> None:
    """HR's feed has deleted its record of somebody: they are a member of nothing any more."""
    for id_ in sorted(store.drop_everywhere(work.session, employee_id)):
        after = store.save(work.session, id_, work.now, {})
        audit.record(work, "group.updated", ("group", id_), after={**told(after), "left": [employee_id]})


def _join(work: Work, group: Group, joined: Sequence[Member]) -> list[tuple[UUID, MemberKind, UUID]]:
    """Answers the new memberships as the audit log tells them: the id of each, what kind of member, and which."""
    _check_known(work, group, joined)
    ids = store.add_members(work.session, group.id, work.now, joined)
    people = [one.id for one in joined if one.kind is MemberKind.EMPLOYEE]
    for mapping in store.mappings_of(work.session, group.id):
        _apply(work, mapping, people)
    return [(id_, one.kind, one.id) for id_, one in zip(ids, joined, strict=True)]


def _check_known(work: Work, group: Group, joined: Sequence[Member]) -> None:
    people = directory.employees(work.session, [one.id for one in joined if one.kind is MemberKind.EMPLOYEE])
    inner = store.groups(work.session, [one.id for one in joined if one.kind is MemberKind.GROUP])
    known = {id_ for id_, person in people.items() if person.deleted_at is None} | (set(inner) - {group.id})
    unknown = [one.id for one in joined if one.id not in known]
    if unknown:
        errors = [
            FieldError("/members", "unknown_member", f"{id_} is no user and no other group here.") for id_ in unknown
        ]
        raise Invalid(f"The group {group.display_name} names {len(unknown)} unknown members.", errors=errors)


def _apply(work: Work, mapping: Mapping, ids: Sequence[UUID]) -> None:
    for person in sorted(directory.lock_employees(work.session, ids).values(), key=lambda one: one.id):
        if person.active:
            _appoint(work, mapping, person) if mapping.role else _move(work, mapping, person)


def _move(work: Work, mapping: Mapping, person: Employee) -> None:
    """Move, or say so where the unit has been closed since: into the unit that took over from it, if one did."""
    assert mapping.business_unit_id is not None  # noqa: S101 - a mapping means a role or a unit
    unit = directory.unit(work.session, mapping.business_unit_id)
    while unit.merged_into_id is not None and unit.state is UnitState.CLOSED:
        unit = directory.unit(work.session, unit.merged_into_id)
    if unit.state is UnitState.OPEN:
        lifecycle.amend(work, person, {"business_unit_id": unit.id})
        return
    audit.record(
        work, "group_mapping.refused", ("group_mapping", mapping.id), reason=f"The business unit {unit.name} is closed.",
        after={"employee_id": person.id, "business_unit_id": unit.id, "code": UnitClosed.code}, person_id=person.id,
    )  # fmt: skip


def _appoint(work: Work, mapping: Mapping, person: Employee) -> None:
    """Appoint, unless the rules of roles are against it: then say so. What HR's systems send is never refused for that."""
    assert mapping.role is not None  # noqa: S101 - the caller looked
    try:
        roles.appoint(work, person.id, mapping.role, mapping.scope, group_mapping_id=mapping.id)
    except (Conflict, NotFound) as error:
        audit.record(
            work, "appointment.refused", ("employee", person.id), reason=str(error), person_id=person.id,
            after={"role": mapping.role, "group_mapping_id": mapping.id, "code": error.code, **roles.scope_told(mapping.scope)},
        )  # fmt: skip


def _end_appointment(work: Work, mapping: Mapping, employee_id: UUID, reason: str) -> None:
    for one in role_store.open_of(work.session, employee_id):
        if one.group_mapping_id == mapping.id:
            roles.close(work, one, reason)


def map_group(
    work: Work, group_id: UUID, role: Role | None, business_unit_id: UUID | None, network: str | None, reason: str
) -> Mapping:
    """Have membership of a group mean something from now on, for those who are members already, too.

    Raises ``NotFound``, ``Invalid``, ``AlreadyMapped``, ``UnitClosed``.
    """
    rules.check_mapping(role, business_unit_id)
    scope = roles.scope_of(business_unit_id, network)
    if role is not None:
        role_rules.check_scope(role, scope)
    if business_unit_id is not None:
        check_open(directory.unit(work.session, business_unit_id))
    if network is not None:
        networks.network(work.session, network)
    people = [one.id for one in store.members(work.session, [group_id]).get(group_id, [])]
    directory.lock_employees(work.session, people)
    group = store.group(work.session, group_id, lock=True)
    meant = {"role": role, "business_unit_id": business_unit_id, "network": network}
    if any(
        all(getattr(one, name) == meant[name] for name in meant) for one in store.mappings_of(work.session, group_id)
    ):
        raise rules.AlreadyMapped(f"The group {group.display_name} means this already.")
    values = {**meant, "group_id": group_id, "group_name": group.display_name, "reason": reason}
    made = store.add_mapping(work.session, work.now, {**values, "mapped_by": work.actor.employee_id})
    audit.record(work, "group_mapping.created", ("group_mapping", made.id), after=mapping_told(made), reason=reason)
    _apply(work, made, people)
    return work.show(made)


def end_mapping(work: Work, id_: UUID, reason: str) -> Mapping:
    """Have membership mean this no more; the appointments that came from it end. Raises ``NotFound``, ``MappingEnded``."""
    found = store.mapping(work.session, id_)
    people = [one.employee_id for one in role_store.open_of_mapping(work.session, id_)]
    directory.lock_employees(work.session, people)
    found = store.mapping(work.session, id_, lock=True)
    work.match(found)
    if found.ended_at is not None:
        raise rules.MappingEnded("This mapping has ended already.")
    return work.show(_end(work, found, reason, {}))


def _end(work: Work, found: Mapping, reason: str, more: dict[str, Any]) -> Mapping:
    for one in role_store.open_of_mapping(work.session, found.id):
        roles.close(work, one, reason)
    changes = {"ended_at": work.now, "ended_by": work.actor.employee_id, "end_reason": reason, **more}
    ended = store.save_mapping(work.session, found.id, work.now, changes)
    audit.record(
        work, "group_mapping.ended", ("group_mapping", found.id), before=mapping_told(found), after=mapping_told(ended),
        reason=reason,
    )  # fmt: skip
    return ended


def mapping(work: Work, id_: UUID) -> Mapping:
    """One mapping."""
    return work.show(store.mapping(work.session, id_))


def mappings(work: Work, page: Page, filters: dict[str, Any]) -> list[Mapping]:
    """A page of mappings."""
    return store.page_mappings(work.session, page, filters)


def groups(work: Work, page: Page, name: str | None) -> list[tuple[Group, int]]:
    """A page of groups, each with the number of its members."""
    found = store.page_groups(work.session, page, name)
    counted = store.count_members(work.session, [one.id for one in found])
    return [(one, counted.get(one.id, 0)) for one in found]


def told(group: Group) -> dict[str, Any]:
    """A group as the audit log tells it."""
    return {"display_name": group.display_name, "external_id": group.external_id}


def mapping_told(one: Mapping) -> dict[str, Any]:
    """A mapping as the audit log tells it."""
    names = ("group_id", "group_name", "role", "business_unit_id", "network", "ended_at")
    return {name: getattr(one, name) for name in names}


def _ids(found: Sequence[Member]) -> list[UUID]:
    return [one.id for one in found]
