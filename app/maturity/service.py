"""Assessing how mature the enterprise or a unit is, now and at instants that are over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import ROOT_ID, BusinessUnit
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.work import Personal, Work
from app.policies import rules as policy_rules
from app.policies import store as policies

from . import rules, store
from .rules import Assessment, Attested, Declaration, Facts

MOST = 24
"""How many instants are assessed at once."""


def assess(work: Work, unit_ref: str | None, instants: Sequence[datetime]) -> tuple[BusinessUnit, list[Assessment]]:
    """The stage of a unit (its id or key) with all below it, or of the enterprise, at each of these instants; none: now.

    Accounts stand where they stand at present. Raises ``NotFound``, ``Forbidden``, ``Invalid``.
    """
    unit = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    work.actor.require(Permission.MATURITY_READ, unit.place)
    if len(instants) > MOST:
        raise Invalid.field("?at", "too_many", f"At most {MOST} instants are assessed at once.")
    if any(at > work.now for at in instants):
        raise Invalid.field("?at", "in_the_future", "Nobody knows yet how mature they will be.")
    return unit, [rules.assess(_facts(work, unit, at), at) for at in sorted(instants) or [work.now]]


def _facts(work: Work, unit: BusinessUnit, at: datetime) -> Facts:
    in_scope = policy_rules.in_scope(policies.was_in_force(work.session, at), unit.place)
    asking = [one for one in in_scope if one.rules.get("attestation_required")]
    zones, languages = store.spread(work.session, unit.id, at)
    declared = store.declared(work.session, unit.id, at)
    return Facts(
        teams=store.teams(work.session, unit.id, at), speakers=store.speakers(work.session, unit.id, at),
        timezones=zones, languages=languages, policies=tuple(sorted(one.name for one in in_scope)),
        attested=tuple(Attested(one.name, *store.attested(work.session, unit.id, at, one.version_id)) for one in asking),
        open_dialogue=declared.open_dialogue if declared else None,
    )  # fmt: skip


def declare(work: Work, unit_ref: str | None, open_dialogue: bool, note: str | None) -> Declaration:
    """Say of a unit, or of the enterprise, whether there is an open dialogue. Raises ``NotFound``, ``Forbidden``."""
    unit = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    work.actor.require(Permission.MATURITY_DECLARE, unit.place)
    by: UUID | None = work.actor.employee_id
    values = {"business_unit_id": unit.id, "open_dialogue": open_dialogue, "note": note, "declared_by": by}
    made = store.declare(work.session, work.now, values)
    told = {"business_unit_id": unit.id, "open_dialogue": open_dialogue, "note": Personal(note)}
    audit.record(work, "maturity.declared", ("maturity", made.id), after=told)
    return work.show(made)
