"""Vendors, the tools that they sell, and assessments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory.rules import KeyTaken
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire
from .wire import ToolRef

vendors = APIRouter(prefix="/v1/vendors", route_class=Route, tags=[Tag.PROGRAMME])
tools = APIRouter(prefix="/v1/publishing-tools", route_class=Route, tags=[Tag.TOOLS])
assessments = APIRouter(prefix="/v1/assessments", route_class=Route, tags=[Tag.PROGRAMME])
routers = (tools, vendors, assessments)


@vendors.get("")
def list_vendors(
    work: Annotated[Work, allow(Permission.VENDOR_READ)], page: Annotated[Page, paging("id", "key", "created_at")]
) -> Listing[wire.Vendor]:
    """List the vendors of tools."""
    shown, cursor = page.cut(service.vendors(work, page))
    return Listing[wire.Vendor](items=[wire.Vendor.model_validate(one) for one in shown], next_cursor=cursor)


@vendors.get("/{id}", response_model=wire.Vendor, responses=responses(NotFound))
def get_vendor(id: str, work: Annotated[Work, allow(Permission.VENDOR_READ)]) -> rules.Vendor:
    """One vendor, by id or key."""
    return service.vendor(work, id)


@vendors.post("", status_code=201, response_model=wire.Vendor, responses=responses(KeyTaken, Invalid))
def register_vendor(body: wire.NewVendor, work: Annotated[Work, allow(Permission.VENDOR_WRITE)]) -> rules.Vendor:
    """Register a vendor of tools."""
    return service.register_vendor(work, body.model_dump())


@vendors.patch("/{id}", response_model=wire.Vendor, responses=responses(NotFound, PreconditionFailed, Invalid))
def update_vendor(
    id: str, body: wire.VendorChanges, work: Annotated[Work, allow(Permission.VENDOR_WRITE)]
) -> rules.Vendor:
    """Say otherwise who a vendor is. With the last day of the contract its tools are approved no more."""
    return service.update_vendor(work, id, given(body))


@tools.get("")
def list_tools(
    work: Annotated[Work, allow(Permission.TOOL_READ)], page: Annotated[Page, paging("id", "key", "created_at")]
) -> Listing[wire.PublishingTool]:
    """List the registered publishing tools, and whether an assessment has approved them."""
    found = service.all_tools(work, page)
    kept, cursor = page.cut([one.tool for one in found])
    return Listing[wire.PublishingTool](items=[wire.tool(one) for one in found[: len(kept)]], next_cursor=cursor)


@tools.get("/{id}", responses=responses(NotFound))
def get_tool(id: ToolRef, work: Annotated[Work, allow(Permission.TOOL_READ)]) -> wire.PublishingTool:
    """One publishing tool, by id or key."""
    return wire.tool(service.tool(work, id))


@tools.post("", status_code=201, responses=responses(KeyTaken, NotFound, Invalid))
def register_tool(body: wire.NewTool, work: Annotated[Work, allow(Permission.TOOL_WRITE)]) -> wire.PublishingTool:
    """Register a publishing tool: posts may come from it. It is approved by an assessment."""
    said = {"vendor_id", "kinds"}
    return wire.tool(service.register(work, body.model_dump(exclude=said), body.model_dump(include=said)))


@tools.patch(
    "/{id}", responses=responses(NotFound, rules.ToolRetired, PreconditionFailed, Invalid)
)  # fmt: skip
def describe_tool(
    id: ToolRef, body: wire.ToolDescription, work: Annotated[Work, allow(Permission.TOOL_WRITE)]
) -> wire.PublishingTool:
    """Say who sells a publishing tool, and what it is for."""
    return wire.tool(service.describe(work, id, given(body)))


@tools.post("/{id}/retire", responses=responses(NotFound, PreconditionFailed))
def retire_tool(id: ToolRef, work: Annotated[Work, allow(Permission.TOOL_WRITE)]) -> wire.PublishingTool:
    """Take a publishing tool out of use."""
    return wire.tool(service.retire(work, id))


@assessments.get("")
def list_assessments(
    work: Annotated[Work, allow(Permission.VENDOR_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    tool_id: str | None = None,
) -> Listing[wire.Assessment]:
    """List assessments of tools: of one (id or key), or of all."""
    shown, cursor = page.cut(service.assessments(work, page, tool_id))
    return Listing[wire.Assessment](items=[wire.assessment(one, work.now) for one in shown], next_cursor=cursor)


@assessments.get("/{id}", responses=responses(NotFound))
def get_assessment(id: UUID, work: Annotated[Work, allow(Permission.VENDOR_READ)]) -> wire.Assessment:
    """One assessment of a tool."""
    return wire.assessment(service.assessment(work, id), work.now)


@assessments.post(
    "", status_code=201, responses=responses(NotFound, rules.ToolRetired, rules.AssessmentOpen, Invalid)
)  # fmt: skip
def propose_assessment(
    body: wire.NewAssessment, work: Annotated[Work, allow(Permission.VENDOR_WRITE)]
) -> wire.Assessment:
    """Say what was found out about a tool, for a strategist to approve it until some day."""
    return wire.assessment(service.propose(work, body.tool_id, body.summary, body.valid_until), work.now)


@assessments.post(
    "/{id}/decisions",
    responses=responses(
        NotFound, rules.AssessmentDecided, rules.AssessorDecides, rules.ToolRetired, PreconditionFailed, Invalid
    ),
)
def decide_assessment(
    id: UUID, body: wire.Word, work: Annotated[Work, allow(Permission.VENDOR_APPROVE)]
) -> wire.Assessment:
    """Approve a tool by its assessment, or refuse it; this counts in place of what was decided before."""
    return wire.assessment(service.decide(work, id, body.decision, body.comment), work.now)
