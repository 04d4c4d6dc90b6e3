"""Reviews as they are written on the wire, and the evidence of one, as JSON or as a table."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import Right
from app.governance.reviews.rules import Kind, ReviewState
from app.governance.reviews.rules import Review as ReviewValue
from app.governance.reviews.service import Shown
from app.governance.reviews.wire import ReviewItem, members
from app.kernel.sheets import csv_line
from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out, format_instant
from app.policies.rules import RiskTier
from app.roles.rules import Role

from .service import Progress


class ReviewFilter(In):
    """What of each kind is reviewed; a member that means nothing for one of the kinds is refused."""

    business_unit_id: Annotated[
        str | None, Field(max_length=200, description="A unit's id or key; all below it is meant, too.")
    ] = None
    network: str | None = None
    right: Right | None = None
    risk: RiskTier | None = None
    role: Role | None = None
    employee_id: UUID | None = None


class NewReview(In):
    """A review to be opened. From ``due_at`` on the next level up may answer, too; ``ends_at`` answers by silence."""

    title: Annotated[Line, Field(examples=["Posting rights, autumn"])]
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=3, examples=[["grants"]])]
    filter: Annotated[ReviewFilter, Field(examples=[{"network": "x"}])] = ReviewFilter()
    due_at: Annotated[Instant | None, Field(description="14 days from now, if left out.")] = None
    ends_at: Annotated[Instant | None, Field(description="7 days after it is due, if left out.")] = None


class Closing(In):
    """Why the review is closed before its end."""

    reason: Prose


class Narrowed(Out):
    """What of each kind is reviewed."""

    business_unit_id: UUID | None
    network: str | None
    right: Right | None
    risk: RiskTier | None
    role: Role | None
    employee_id: UUID | None


class Review(Out):
    """A campaign, and where it stands."""

    id: UUID
    title: str
    kinds: list[Kind]
    filter: Narrowed
    state: ReviewState
    opened_by: UUID | None
    due_at: Instant
    ends_at: Instant
    closed_at: Instant | None
    closed_by: UUID | None
    close_reason: str | None
    created_at: Instant
    updated_at: Instant


class Counts(Out):
    """How many items stand where, and how many there are."""

    items: int
    open: int
    escalated: int
    blocked_no_reviewer: int
    kept: int
    ended: int
    lapsed: int
    moot: int
    unreviewed: int


class ReviewProgress(Counts):
    """The same, and that of each kind."""

    by_kind: dict[Kind, Counts]


class WatchedReview(Review):
    """A review with its progress."""

    progress: ReviewProgress


class Foreseen(Out):
    """What a review would hold of one kind; ``without_reviewer``: how much of it nobody could answer."""

    kind: Kind
    items: int
    without_reviewer: int


class ReviewPreview(Out):
    """What a review would hold."""

    items: list[Foreseen]


class EvidenceItem(ReviewItem):
    """An item, with the names of everybody whom it names."""

    names: dict[UUID, str]


class Evidence(Out):
    """All of a review as it stands at an instant, to be kept elsewhere."""

    review: Review
    as_of: Instant
    items: list[EvidenceItem]


def review(one: ReviewValue, now: datetime) -> Review:
    """A review with its state now."""
    told = {name: getattr(one, name) for name in Review.model_fields if name != "state"}
    return Review.model_validate({**told, "state": one.state_at(now)}, from_attributes=True)


def watched(found: tuple[ReviewValue, Progress], now: datetime) -> WatchedReview:
    """A review with its progress."""
    one, far = found
    by_kind = {kind: Counts.model_validate(counts) for kind, counts in far.by_kind.items()}
    progress = ReviewProgress(**Counts.model_validate(far.all).model_dump(), by_kind=by_kind)
    return WatchedReview(**review(one, now).model_dump(), progress=progress)


Parts = Iterable[list[tuple[Shown, Mapping[UUID, str]]]]


def as_json(one: ReviewValue, at: datetime, parts: Parts) -> Iterator[str]:
    """The evidence as an ``Evidence`` document, written as it is read."""
    yield f'{{"review":{review(one, at).model_dump_json()},"as_of":{json.dumps(format_instant(at))},"items":['
    first = True
    for part in parts:
        for shown, names in part:
            told = members(shown)
            named = {id_: name for id_, name in names.items() if id_ in _ids(told)}
            yield ("" if first else ",") + EvidenceItem(**told, names=named).model_dump_json()
            first = False
    yield "]}"


def _ids(told: Mapping[str, object]) -> set[object]:
    named = ("holder_id", "requester_id", "reviewer_id", "decided_by", "on_behalf_of")
    custodians = told["custodian_ids"]
    return {told[name] for name in named} | set(custodians if isinstance(custodians, list) else ())


COLUMNS = (
    "item_id", "kind", "account", "right", "role", "business_unit_id", "network", "holder_id", "holder", "requester_id",
    "requester", "custodians", "state", "decided_by_id", "decided_by", "on_behalf_of", "comment", "decided_at", "due_at",
    "ends_at",
)  # fmt: skip


def as_csv(parts: Parts) -> Iterator[str]:
    """The evidence as a table that is safe to open in a spreadsheet, written as it is read."""
    yield csv_line(COLUMNS)
    for part in parts:
        for shown, names in part:
            yield csv_line(_cells(shown, names))


def _cells(shown: Shown, names: Mapping[UUID, str]) -> list[str]:
    told = members(shown)
    for column, id_ in (("holder", "holder_id"), ("requester", "requester_id")):
        told[column] = names.get(told[id_])
    told |= {"item_id": told["id"], "decided_by_id": told["decided_by"], "decided_by": names.get(told["decided_by"])}
    told |= {"on_behalf_of": names.get(told["on_behalf_of"])}
    told |= {"custodians": "; ".join(names.get(one, str(one)) for one in told["custodian_ids"])}
    cells = [told[name] for name in COLUMNS]
    return ["" if one is None else format_instant(one) if isinstance(one, datetime) else str(one) for one in cells]
