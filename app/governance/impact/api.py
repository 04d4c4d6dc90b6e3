"""What publishing a version means for people and rights, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work
from app.policies.api import PolicyRef
from app.policies.wire import Conflict

from . import service

router = APIRouter(prefix="/v1/policies/{id}/versions/{n}", route_class=Route, tags=[Tag.HUB])


class Asking(In):
    """Nothing needs to be said to see what publishing would do."""


class Effect(Out):
    """What one rule means for the rights in force in the policy's scope; ``some``: ids of at most 20 of them."""

    rule: str
    says: str
    grants: int
    people: int
    some: list[UUID]


class Impact(Out):
    """What publishing the version now would do. ``attest_by``: until when it has to be accepted, where it has to be.

    Under a model whose policies are advisory, what is said to be refused is advice.
    """

    policy: str
    n: int
    begins: Instant
    attest_by: Instant | None
    accounts: int
    grants: int
    people: int
    effects: list[Effect]
    conflicts: list[Conflict]


class Covered(Out):
    """A unit's people who hold rights in the policy's scope, and how many of them have accepted the version."""

    business_unit_id: UUID
    due: int
    attested: int


class Coverage(Out):
    """Attestations of a version, by unit."""

    policy: str
    n: int
    due: int
    attested: int
    items: list[Covered]


@router.post("/preview", responses=responses(NotFound))
def preview_version(
    id: PolicyRef, n: int, body: Asking, work: Annotated[Work, allow(Permission.POLICY_DRAFT, reads=True)]
) -> Impact:
    """Who would be affected if this version were published now; nothing is changed."""
    found = service.preview(work, id, n)
    return Impact(
        policy=found.policy.key, n=n, begins=found.begins, attest_by=found.attest_by, accounts=found.reached.accounts,
        grants=found.reached.grants, people=found.reached.people,
        effects=[Effect.model_validate(one) for one in found.effects],
        conflicts=[
            Conflict(policy=one.policy.key, n=one.policy.n, rule=one.rule, message=one.message)
            for one in found.overtaken
        ],
    )  # fmt: skip


@router.get("/coverage", responses=responses(NotFound))
def get_coverage(id: PolicyRef, n: int, work: Annotated[Work, allow(Permission.ATTESTATION_READ)]) -> Coverage:
    """Who has accepted a version, by unit: of the people who hold rights in its scope, as far as one sees them."""
    of, items = service.coverage(work, id, n)
    return Coverage(
        policy=of.key, n=n, due=sum(one.due for one in items), attested=sum(one.attested for one in items),
        items=[Covered.model_validate(one) for one in items],
    )  # fmt: skip
