"""Campaigns as they are written on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from app.accounts.wire import AccountRef
from app.governance.grants import wire as grant_wire
from app.governance.models.rules import Right
from app.governance.requests import wire as request_wire
from app.governance.requests.wire import Rights
from app.governance.routing import wire as routing_wire
from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

from .rules import MOST_ACCOUNTS, MOST_DAYS, MOST_MEMBERS, CampaignFlag, CampaignState
from .service import Answer, Shown


class NewMember(In):
    """Somebody who takes part, and the rights that they may ask for on each account of the campaign."""

    employee_id: UUID
    rights: Rights


def _once(members: list[NewMember]) -> list[NewMember]:
    if len({one.employee_id for one in members}) != len(members):
        raise ValueError("names a person twice")
    return members


Members = Annotated[list[NewMember], Field(max_length=MOST_MEMBERS), AfterValidator(_once)]
Accounts = Annotated[list[AccountRef], Field(min_length=1, max_length=MOST_ACCOUNTS)]
Begins = Annotated[
    Instant, Field(description="No right of the campaign begins before.", examples=["2030-03-01T08:00:00Z"])
]
Ends = Annotated[
    Instant,
    Field(description=f"Every right ends by then; at most {MOST_DAYS} days.", examples=["2030-05-31T20:00:00Z"]),
]
ObjectiveKey = Annotated[Line | None, Field(description="The key of the objective that it serves.")]


class NewCampaign(In):
    """A time-boxed set of accounts and people. It gives no right: each member asks, and the model says who decides."""

    key: Annotated[str, Field(examples=["spring-2030"])]
    title: Annotated[Line, Field(examples=["Spring in the garden"])]
    purpose: Annotated[Prose, Field(examples=["Ten weeks of ideas for balconies and small gardens."])]
    business_unit_id: Annotated[str, Field(description="The unit's id or key.", examples=["nordics"])]
    objective: ObjectiveKey = None
    manager_id: Annotated[
        UUID | None,
        Field(
            description="A campaign manager over the unit; the caller, unless named.",
            examples=["01930000-0000-7000-8000-000000000000"],
        ),
    ] = None
    starts_at: Begins
    ends_at: Ends
    account_ids: Accounts
    members: Members = []


class CampaignChanges(In):
    """Only the members sent are changed; accounts and people as they are to be, whole. Who or what is not there any more
    ends what came of it.
    """

    title: Annotated[Line | None, Field(examples=["Spring in the garden and on the balcony"])] = None
    purpose: Prose | None = None
    objective: ObjectiveKey = None
    manager_id: UUID | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    account_ids: Accounts | None = None
    members: Members | None = None


class CampaignMember(Out):
    """Somebody who takes part, and the rights that they may ask for."""

    employee_id: UUID
    rights: list[Right]


class Campaign(Out):
    """A time-boxed set of accounts and people. ``state`` and ``flags`` are computed."""

    id: UUID
    key: str
    title: str
    purpose: str
    business_unit_id: UUID
    objective: str | None
    manager_id: UUID
    state: CampaignState
    flags: list[CampaignFlag]
    starts_at: Instant
    ends_at: Instant
    account_ids: list[UUID]
    members: list[CampaignMember]
    ended_at: Instant | None
    ended_by: UUID | None
    end_reason: str | None
    created_at: Instant
    updated_at: Instant


class ForWhom(In):
    """Who is to have the rights: the caller, or somebody for whom they may ask."""

    beneficiary_id: UUID | None = None


class CampaignAnswer(Out):
    """One account of the campaign: the ``requests`` by which the rights are on their way or were granted just now, the
    grants by which they are ``held`` already, or every reason for which they cannot be asked for.
    """

    account_id: UUID
    requests: list[request_wire.RightsRequest]
    held: list[grant_wire.Grant]
    reasons: list[routing_wire.Reason]


class CampaignAnswers(Out):
    """What became of asking for the rights of a campaign, account by account."""

    items: list[CampaignAnswer]


_LISTS = frozenset({"state", "flags", "account_ids", "members"})


def campaign(shown: Shown) -> Campaign:
    """A campaign as it stands now."""
    one = shown.campaign
    plain: dict[str, Any] = {name: getattr(one, name) for name in Campaign.model_fields if name not in _LISTS}
    members = [
        CampaignMember(employee_id=person, rights=sorted(rights)) for person, rights in sorted(one.members.items())
    ]
    return Campaign(
        **plain, state=shown.state, flags=list(shown.flags), account_ids=sorted(one.account_ids), members=members
    )


def answers(found: list[Answer], at: datetime) -> CampaignAnswers:
    """What became of asking, as it stands at an instant."""
    return CampaignAnswers(
        items=[
            CampaignAnswer(
                account_id=one.account_id,
                requests=[request_wire.request(each, at) for each in one.requests],
                held=[grant_wire.grant(each, at) for each in one.held],
                reasons=routing_wire.reasons(one.reasons),
            )
            for one in found
        ]
    )
