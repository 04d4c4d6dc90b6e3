"""Findings of research, which decisions cite: a published finding never changes, and is withdrawn where it does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.kernel.errors import Conflict


class FindingWithdrawn(Conflict):
    """A finding that was withdrawn is cited by nothing new, and withdrawn once."""

    code = "finding_withdrawn"


class CitedAlready(Conflict):
    """This decision cites this finding already."""

    code = "cited_already"


class FindingState(StrEnum):
    """Where a finding stands. A withdrawn one stays, with the reason: decisions may rest on it."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class SubjectKind(StrEnum):
    """What may cite a finding: decisions about tools, the governance model, policy and strategy."""

    ASSESSMENT = "assessment"
    GOVERNANCE_SETTING = "governance_setting"
    POLICY_VERSION = "policy_version"
    STRATEGY = "strategy"


class TagKind(StrEnum):
    """By what a finding can be looked for."""

    BUSINESS_UNIT = "business_unit"
    NETWORK = "network"
    FUNCTION = "function"


class Tag(NamedTuple):
    """Something that a finding is about: a unit by its id, a network by its key, a function."""

    kind: TagKind
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out. ``source``: who says so, as it would be cited; ``published_on``: when they did."""

    id: UUID
    title: str
    question: str | None
    summary: str
    source: str
    url: str | None
    published_on: date | None
    tags: Sequence[Tag]
    recorded_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None
    withdraw_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def state(self) -> FindingState:
        return FindingState.PUBLISHED if self.withdrawn_at is None else FindingState.WITHDRAWN

    def tagged(self, kind: TagKind) -> list[str]:
        """What of this kind it is about, in order."""
        return sorted(one.value for one in self.tags if one.kind is kind)


@dataclass(frozen=True, slots=True)
class Subject:
    """What cites."""

    kind: SubjectKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Citation:
    """That a decision rests on a finding, and why."""

    id: UUID
    finding: Finding
    subject: Subject
    why: str | None
    cited_by: UUID | None
    created_at: datetime


def check_published(finding: Finding) -> None:
    """Raises ``FindingWithdrawn``."""
    if finding.withdrawn_at is not None:
        raise FindingWithdrawn("This finding was withdrawn.")
