"""Attestations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.policies.api import PolicyRef
from app.policies.rules import VersionNotCurrent

from . import rules, service, wire

router = APIRouter(prefix="/v1/policies/{id}/versions/{n}/attestations", route_class=Route, tags=[Tag.EVERYONE])


@router.post(
    "",
    status_code=201,
    response_model=wire.Attestation,
    responses={
        200: {"model": wire.Attestation, "description": "It was accepted before."},
        **responses(NotFound, VersionNotCurrent, rules.TextDiffers),
    },
)
def attest(
    id: PolicyRef,
    n: int,
    body: wire.NewAttestation,
    work: Annotated[Work, allow(Permission.ATTESTATION_CREATE)],
    response: Response,
) -> rules.Attestation:
    """Accept a version of a policy, for oneself; 200 where that was done before."""
    made, new = service.attest(work, id, n, body.text_sha256)
    response.status_code = 201 if new else 200
    return made


@router.get("", responses=responses(NotFound))
def list_attestations(
    id: PolicyRef,
    n: int,
    work: Annotated[Work, allow(Permission.ATTESTATION_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    employee_id: UUID | None = None,
) -> Listing[wire.Attestation]:
    """Who accepted a version: oneself, and whom one may see."""
    shown, cursor = page.cut(service.attestations(work, id, n, page, employee_id))
    return Listing[wire.Attestation](items=[wire.Attestation.model_validate(one) for one in shown], next_cursor=cursor)
