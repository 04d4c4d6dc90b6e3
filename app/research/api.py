"""Research over HTTP: findings, and the decisions that cite them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory.rules import Function
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

research = APIRouter(prefix="/v1/research", route_class=Route, tags=[Tag.PROGRAMME])
cited = APIRouter(prefix="/v1/citations", route_class=Route, tags=[Tag.PROGRAMME])
routers = (research, cited)
_LISTS = {"business_units", "networks", "functions"}


@research.get("", responses=responses(NotFound))
def list_findings(
    work: Annotated[Work, allow(Permission.RESEARCH_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    business_unit_id: str | None = None,
    network: str | None = None,
    function: Function | None = None,
    state: rules.FindingState | None = None,
) -> Listing[wire.Finding]:
    """List findings: about a unit (id or key), a network, a function."""
    withdrawn = None if state is None else state is rules.FindingState.WITHDRAWN
    found = service.findings(work, page, business_unit_id, network, function, withdrawn=withdrawn)
    shown, cursor = page.cut(found)
    return Listing[wire.Finding](items=[wire.finding(one) for one in shown], next_cursor=cursor)


@research.get("/{id}", responses=responses(NotFound))
def get_finding(id: UUID, work: Annotated[Work, allow(Permission.RESEARCH_READ)]) -> wire.Finding:
    """One finding."""
    return wire.finding(service.finding(work, id))


@research.post("", status_code=201, responses=responses(Invalid))
def publish_finding(
    body: wire.NewFinding, work: Annotated[Work, allow(Permission.RESEARCH_WRITE)]
) -> wire.Finding:  # fmt: skip
    """Publish what was found out, for decisions to cite. It never changes: one that does not hold is withdrawn."""
    values = body.model_dump(exclude=_LISTS)
    return wire.finding(service.publish(work, values, body.business_units, body.networks, body.functions))


@research.post("/{id}/withdraw", responses=responses(NotFound, rules.FindingWithdrawn, PreconditionFailed))
def withdraw_finding(
    id: UUID, body: wire.Reason, work: Annotated[Work, allow(Permission.RESEARCH_WRITE)]
) -> wire.Finding:
    """Say that a finding does not hold. It stays, and every decision that cites it shows so."""
    return wire.finding(service.withdraw(work, id, body.reason))


@research.get("/{id}/citations", responses=responses(NotFound))
def list_citations_of_finding(
    id: UUID,
    work: Annotated[Work, allow(Permission.RESEARCH_READ)],
    page: Annotated[Page, paging("id", "created_at")],
) -> Listing[wire.Citation]:
    """List the decisions that cite a finding, as far as you may read them."""
    shown, cursor = page.cut(service.citations(work, page, id, None, None))
    return Listing[wire.Citation](items=[wire.citation(one) for one in shown], next_cursor=cursor)


@research.post(
    "/{id}/citations", status_code=201, responses=responses(NotFound, rules.FindingWithdrawn, rules.CitedAlready, Invalid)
)  # fmt: skip
def cite_finding(
    id: UUID, body: wire.NewCitation, work: Annotated[Work, allow(Permission.RESEARCH_CITE)]
) -> wire.Citation:
    """Say that a decision, or the draft of one, rests on a finding."""
    subject = rules.Subject(body.subject.kind, body.subject.id)
    return wire.citation(service.cite(work, id, subject, body.why))


@cited.get("")
def list_citations(
    work: Annotated[Work, allow(Permission.RESEARCH_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    subject_kind: rules.SubjectKind | None = None,
    subject_id: UUID | None = None,
) -> Listing[wire.Citation]:
    """List what decisions cite: one decision (`subject_kind`, `subject_id`), or all that you may read."""
    shown, cursor = page.cut(service.citations(work, page, None, subject_kind, subject_id))
    return Listing[wire.Citation](items=[wire.citation(one) for one in shown], next_cursor=cursor)
