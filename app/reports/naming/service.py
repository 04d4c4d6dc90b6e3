"""Whom a report names: people whose details the reader may see, and nobody else."""

from collections.abc import Collection
from uuid import UUID

from app.directory import store as directory
from app.kernel.actor import Permission
from app.kernel.work import Work

NOT_NAMED = "People whose details you may not see are not named."


def names(work: Work, people: Collection[UUID]) -> dict[UUID, str]:
    """Of these people those whom the actor may see named, by id."""
    found = directory.employees(work.session, people)
    units = directory.units(work.session, {one.business_unit_id for one in found.values()})
    return {
        one.id: one.display_name
        for one in found.values()
        if work.actor.may(
            Permission.EMPLOYEE_READ_DETAILS,
            units[one.business_unit_id].place,
            own=one.id == work.actor.employee_id,
        )
    }
