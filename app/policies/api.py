"""Policies over HTTP."""

from difflib import unified_diff
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.directory.rules import KeyTaken, UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/policies", route_class=Route, tags=[Tag.HUB])
combined = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.HUB])
PolicyRef = Annotated[str, Field(description="The policy's id or key.", examples=["social-media"])]


@router.get("")
def list_policies(
    work: Annotated[Work, allow(Permission.POLICY_READ)], page: Annotated[Page, paging("id", "key", "created_at")]
) -> Listing[wire.Policy]:
    """List policies."""
    shown, cursor = page.cut(service.policies(work, page))
    return Listing[wire.Policy](items=[_policy(one) for one in shown], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_policy(id: PolicyRef, work: Annotated[Work, allow(Permission.POLICY_READ)]) -> wire.Policy:
    """One policy, by id or key."""
    return _policy(service.policy(work, id))


@router.post("", status_code=201, responses=responses(KeyTaken, NotFound, Invalid))
def create_policy(body: wire.NewPolicy, work: Annotated[Work, allow(Permission.POLICY_DRAFT)]) -> wire.Policy:
    """Create a policy; its text and rules come with its versions."""
    scope = service.scope_named(work, body.scope.kind, body.scope.id)
    return _policy(service.create(work, body.key, body.title, scope))


@router.get("/{id}/versions", responses=responses(NotFound))
def list_versions(id: PolicyRef, work: Annotated[Work, allow(Permission.POLICY_READ)]) -> wire.PolicyVersions:
    """A policy's versions, the first first; drafts are shown to those who write them."""
    return wire.PolicyVersions(items=[wire.PolicyVersion.model_validate(one) for one in service.versions(work, id)])


@router.get("/{id}/versions/{n}", response_model=wire.PolicyVersion, responses=responses(NotFound))
def get_version(id: PolicyRef, n: int, work: Annotated[Work, allow(Permission.POLICY_READ)]) -> rules.Version:
    """One version of a policy."""
    return service.version(work, id, n)


@router.get("/{id}/versions/{n}/differences", responses=responses(NotFound))
def compare_versions(
    id: PolicyRef, n: int, work: Annotated[Work, allow(Permission.POLICY_READ)], since: int | None = None
) -> wire.Differences:
    """What changed between two versions, rules and text; since the version before, unless told."""
    before, after = service.differences(work, id, n, since)
    changed = rules.changed(before, after)
    text = unified_diff(before.text.splitlines(), after.text.splitlines(), f"{before.n}", f"{after.n}", lineterm="")
    return wire.Differences(
        policy=service.policy(work, id).key, before=before.n, after=after.n, text=list(text),
        rules=[wire.Difference(rule=name, before=held, after=said) for name, held, said in changed],
    )  # fmt: skip


@combined.get("/limits", responses=responses(NotFound))
def get_limits(
    work: Annotated[Work, allow(Permission.POLICY_READ)],
    business_unit_id: str | None = None,
    network: str | None = None,
) -> wire.InEffect:
    """All that the policies in force ask at a unit (its id or key) and on a network, and which version asks it."""
    found = service.in_effect(work, business_unit_id, network)
    return wire.InEffect(
        rules=found.values, source=found.source, versions=found.versions,
        attestations=[one.name for one in found.attestations],
    )  # fmt: skip


@combined.get("/policy-conflicts")
def list_conflicts(work: Annotated[Work, allow(Permission.POLICY_READ)]) -> wire.Conflicts:
    """Rules in force of units and networks that are looser than the enterprise's; the tighter ones hold."""
    return wire.Conflicts(
        items=[
            wire.Conflict(policy=one.policy.key, n=one.policy.n, rule=one.rule, message=one.message)
            for one in service.overtaken(work)
        ]
    )


@router.post(
    "/{id}/versions",
    status_code=201,
    response_model=wire.PolicyVersion,
    responses=responses(NotFound, rules.PolicyWidens, UnitClosed, Invalid),
)
def draft_version(
    id: PolicyRef, body: wire.NewVersion, work: Annotated[Work, allow(Permission.POLICY_DRAFT)]
) -> rules.Version:
    """Draft the next version."""
    return service.draft(work, id, {**body.model_dump(exclude={"rules"}), "rules": body.rules.plain()})


@router.post(
    "/{id}/versions/{n}/publish",
    response_model=wire.PolicyVersion,
    responses=responses(
        NotFound, rules.VersionPublished, rules.AuthorPublishes, rules.PolicyWidens, PreconditionFailed, Invalid
    ),
)
def publish_version(
    id: PolicyRef, n: int, body: wire.Publishing, work: Annotated[Work, allow(Permission.POLICY_PUBLISH)]
) -> rules.Version:
    """Publish a draft; from then on its rules are enforced."""
    return service.publish(work, id, n)


@router.post(
    "/{id}/versions/{n}/retire",
    response_model=wire.PolicyVersion,
    responses=responses(NotFound, rules.VersionRetired, PreconditionFailed),
)
def retire_version(
    id: PolicyRef, n: int, body: wire.Retiring, work: Annotated[Work, allow(Permission.POLICY_PUBLISH)]
) -> rules.Version:
    """Take a version out of force, or drop a draft, without another in its place."""
    return service.retire(work, id, n, body.reason)


def _policy(one: rules.Policy) -> wire.Policy:
    place: UUID | str | None = one.scope.business_unit_id or one.scope.network
    scope = wire.PolicyScope(kind=one.scope.kind, id=str(place) if place else None)
    return wire.Policy(
        id=one.id, key=one.key, title=one.title, scope=scope, created_at=one.created_at, updated_at=one.updated_at
    )
