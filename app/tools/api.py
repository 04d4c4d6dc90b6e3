"""Publishing tools over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.directory.rules import KeyTaken
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Line
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1/publishing-tools", route_class=Route, tags=[Tag.TOOLS])
ToolRef = Annotated[str, Field(description="The tool's id or key.", examples=["postwell"])]


class NewTool(In):
    """A publishing tool; without a unit every unit may use it."""

    key: Annotated[str, Field(examples=["fanfare"])]
    name: Annotated[Line, Field(examples=["Fanfare"])]
    vendor: Line | None = None
    business_unit_id: UUID | None = None


class PublishingTool(Out):
    """A registered publishing tool."""

    id: UUID
    key: str
    name: str
    vendor: str | None
    business_unit_id: UUID | None
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


@router.get("")
def list_tools(
    work: Annotated[Work, allow(Permission.TOOL_READ)], page: Annotated[Page, paging("id", "key", "created_at")]
) -> Listing[PublishingTool]:
    """List the registered publishing tools."""
    shown, cursor = page.cut(service.tools(work, page))
    return Listing[PublishingTool](items=[PublishingTool.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/{id}", response_model=PublishingTool, responses=responses(NotFound))
def get_tool(id: ToolRef, work: Annotated[Work, allow(Permission.TOOL_READ)]) -> rules.Tool:
    """One publishing tool, by id or key."""
    return service.tool(work, id)


@router.post("", status_code=201, response_model=PublishingTool, responses=responses(KeyTaken, NotFound))
def register_tool(body: NewTool, work: Annotated[Work, allow(Permission.TOOL_WRITE)]) -> rules.Tool:
    """Register a publishing tool."""
    return service.register(work, body.model_dump())


@router.post("/{id}/retire", response_model=PublishingTool, responses=responses(NotFound, PreconditionFailed))
def retire_tool(id: ToolRef, work: Annotated[Work, allow(Permission.TOOL_WRITE)]) -> rules.Tool:
    """Take a publishing tool out of use."""
    return service.retire(work, id)
