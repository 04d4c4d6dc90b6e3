"""The governance model over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.directory import service as directory
from app.directory.rules import UnitClosed
from app.governance.models.rules import (
    MODELS,
    Authority,
    ModelKey,
    Proposer,
    Right,
    Setting,
    StepKind,
    ToolRule,
    model_named,
)
from app.governance.reasons.rules import ReasonCode
from app.governance.routing.rules import RequestKind, RequestState
from app.governance.routing.wire import Reason, reasons
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1/governance", route_class=Route, tags=[Tag.HUB])


class NewChoice(In):
    """A switch of model: for the enterprise, or for a unit (its id or key) with all below it."""

    model: Annotated[
        str, Field(description="A model's name, or an older one: " + ", ".join(MODELS), examples=["dandelion"])
    ]
    business_unit_id: Annotated[str | None, Field(examples=["nordics"])] = None
    effective_from: Instant | None = None
    reason: Annotated[Prose, Field(examples=["The unit has its own strategy and staff."])]
    platform_id: Annotated[UUID | None, Field(description="The one publishing tool of a honeycomb.")] = None


class Choice(Out):
    """A choice of model. ``id`` null: nobody has chosen yet, and the product's default holds."""

    id: UUID | None
    business_unit_id: UUID | None
    model: ModelKey
    platform_id: UUID | None
    effective_from: Instant
    reason: str
    set_by: UUID | None
    created_at: Instant


class Chosen(Choice):
    """A choice in force; ``missing``: what the model needs before it works there, and has not."""

    missing: list[str] = []


class ModelCard(Out):
    """One of the five models: a column of the table."""

    key: ModelKey
    in_words: str
    proposer: Proposer
    registration: list[StepKind]
    for_people_of_subtree: bool
    steps: list[StepKind]
    automatic: list[Right]
    ceiling: list[Right]
    tool: ToolRule
    default_days: int
    most_days: int
    authorities: list[Authority]
    veto_working_days: int
    advisory: bool
    aliases: list[str]


class Governance(Out):
    """The model in force, the overrides in force, the whole history (the newest first), and the five models."""

    default: Chosen
    overrides: list[Chosen]
    history: list[Choice]
    models: list[ModelCard]


class UnitChange(Out):
    """A unit that comes under another model."""

    business_unit_id: UUID
    key: str
    before: ModelKey
    after: ModelKey


class RequestChange(Out):
    """A pending request or registration that is routed anew; where it would end denied, the reasons."""

    id: UUID
    kind: RequestKind
    state: RequestState
    before: list[StepKind]
    after: list[StepKind]
    decisions_reset: int
    reasons: list[Reason]


class GrantChange(Out):
    """Rights in force (their ids) that are answered otherwise: the lasting reasons against them now, and then."""

    right: Right
    before: list[ReasonCode]
    after: list[ReasonCode]
    ids: list[UUID]


class Preview(Out):
    """What a switch would change, item by item. ``missing``: what the model needs before it works, and has not.

    ``rerouted_requests`` and ``refusing_grants``: the ids among ``requests`` and ``grants`` that are routed anew, or refuse.
    What depends on the hour, the tool or a post's content is not looked at: nobody can say which those will be.
    """

    model: ModelKey
    units: list[UnitChange]
    requests: list[RequestChange]
    grants: list[GrantChange]
    rerouted_requests: list[UUID]
    refusing_grants: list[UUID]
    missing: list[str]


@router.get("")
def get_governance(work: Annotated[Work, allow(Permission.GOVERNANCE_READ)]) -> Governance:
    """Which model is in force where, and what was chosen when and why."""
    found = service.governance(work)
    return Governance(
        default=_chosen(found, found.default),
        overrides=[_chosen(found, one) for one in found.overrides],
        history=[Choice.model_validate(one) for one in found.history],
        models=[ModelCard.model_validate(one) for one in MODELS.values()],
    )


def _chosen(found: service.Governance, one: Setting) -> Chosen:
    missing = list(found.missing[one.business_unit_id])
    return Chosen.model_validate(one).model_copy(update={"missing": missing})


@router.put("", response_model=Choice, responses=responses(NotFound, UnitClosed, Invalid))
def switch_model(body: NewChoice, work: Annotated[Work, allow(Permission.GOVERNANCE_SWITCH)]) -> Setting:
    """Switch the model. Pending requests are re-routed, grants stay; preview first."""
    return service.switch(work, _choice(work, body))


@router.post("/preview", responses=responses(NotFound, UnitClosed, Invalid))
def preview_switch(body: NewChoice, work: Annotated[Work, allow(Permission.GOVERNANCE_SWITCH, reads=True)]) -> Preview:
    """What a switch would change, changing nothing."""
    found = service.preview(work, _choice(work, body))
    return Preview(
        model=found.model, units=[UnitChange.model_validate(one) for one in found.units],
        requests=[_request(one) for one in found.requests],
        grants=[GrantChange.model_validate(one) for one in found.grants],
        rerouted_requests=[one.id for one in found.requests],
        refusing_grants=[id_ for one in found.grants if one.after for id_ in one.ids], missing=list(found.missing),
    )  # fmt: skip


def _request(one: rules.RequestChange) -> RequestChange:
    return RequestChange(
        id=one.id, kind=one.kind, state=one.state, before=list(one.before), after=list(one.after),
        decisions_reset=one.decisions_reset, reasons=reasons(one.reasons),
    )  # fmt: skip


def _choice(work: Work, body: NewChoice) -> service.Choice:
    unit_id = directory.unit(work, body.business_unit_id).id if body.business_unit_id else None
    work.etag = None
    return service.Choice(model_named(body.model), body.reason, unit_id, body.effective_from, body.platform_id)
