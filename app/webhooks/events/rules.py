"""Which events there are to be told, to whom, and in which words.

An event is told as the audit log has it, without any personal value. Its type is its action.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.audit.checkpoints.rules import Checkpoint
from app.audit.rules import DIGEST, Event
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid

EVERYTHING: Final = "*"
CHECKPOINT: Final = "audit.checkpoint"
"""Of what is told the one thing that is no event: the newest signed checkpoint of the audit log."""
_PATTERN: Final = re.compile(r"([a-z_]+)\.(\*|[a-z_]+)")
P = Permission


class EventsOutOfReach(Forbidden):
    """Events of this kind are not told to a webhook of one unit, or not to one of yours: your roles do not show them."""

    code = "events_out_of_reach"


class Width(StrEnum):
    """How widely a kind of event is told.

    ``open``: every employee may see what it is about (domain: 9). ``placed``: it is told to webhooks of the units where
    it stands, and to those of the enterprise. ``enterprise``: to those of the enterprise alone.
    """

    OPEN = "open"
    PLACED = "placed"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. ``needs``: what the owner of a webhook must be allowed everywhere, beside having the webhook."""

    width: Width
    needs: Permission | None = None


_OPEN, _PLACED, _ENTERPRISE = Kind(Width.OPEN), Kind(Width.PLACED), Kind(Width.ENTERPRISE)
_OF_PEOPLE = Kind(Width.ENTERPRISE, P.EMPLOYEE_READ_DETAILS)
_OF_THE_LOG = Kind(Width.ENTERPRISE, P.AUDIT_READ)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "access_task": _ENTERPRISE,
        "account": _PLACED,
        "appointment": _PLACED,
        "assessment": _OPEN,
        "audit": _OF_THE_LOG,
        "budget": Kind(Width.ENTERPRISE, P.BUDGET_READ),
        "budget_entry": Kind(Width.ENTERPRISE, P.BUDGET_READ),
        "business_unit": _OPEN,
        "campaign": _OPEN,
        "clearance": _PLACED,
        "client": _OF_THE_LOG,
        "completion": Kind(Width.ENTERPRISE, P.COMPLETION_READ),
        "course": _OPEN,
        "curriculum_entry": _OPEN,
        "directory": Kind(Width.ENTERPRISE, P.DIRECTORY_READ_CHANGES),
        "discovery": Kind(Width.ENTERPRISE, P.DISCOVERY_READ),
        "employee": _OF_PEOPLE,
        "finding": _OPEN,
        "freeze": _OPEN,
        "goal": _OPEN,
        "governance": _OPEN,
        "grant": _PLACED,
        "group": Kind(Width.ENTERPRISE, P.GROUP_READ),
        "group_mapping": Kind(Width.ENTERPRISE, P.GROUP_READ),
        "import": Kind(Width.ENTERPRISE, P.DIRECTORY_READ_CHANGES),
        "kpi": _OPEN,
        "legal_hold": Kind(Width.ENTERPRISE, P.LEGAL_HOLD_READ),
        "login": _OF_THE_LOG,
        "maturity": Kind(Width.ENTERPRISE, P.MATURITY_READ),
        "network": _OPEN,
        "notification_settings": _OF_PEOPLE,
        "observation": Kind(Width.ENTERPRISE, P.OBSERVATION_READ),
        "passport": _PLACED,
        "password": _OF_THE_LOG,
        "objective": _OPEN,
        "policy": _OPEN,
        "policy_version": _OPEN,
        "publishing_tool": _OPEN,
        "registration": _PLACED,
        "retirement": _OPEN,
        "retirement_item": _OPEN,
        "review": Kind(Width.ENTERPRISE, P.REVIEW_READ),
        "review_item": Kind(Width.ENTERPRISE, P.REVIEW_READ),
        "rights_request": _PLACED,
        "route": _OF_THE_LOG,
        "strategy": Kind(Width.ENTERPRISE, P.STRATEGY_DRAFT),
        "target": Kind(Width.ENTERPRISE, P.TARGET_READ),
        "token": _OF_THE_LOG,
        "vendor": _OPEN,
        "webhook": _ENTERPRISE,
    }
)
"""By the first part of an action. A package with a new kind of event adds a line; until then the log's readers get it."""
QUIETER: Mapping[str, Kind] = MappingProxyType(
    {
        "finding.cited": Kind(Width.ENTERPRISE, P.POLICY_DRAFT),  # what cites may be a draft
        "policy_version.attested": Kind(Width.ENTERPRISE, P.ATTESTATION_READ),
        "policy_version.drafted": Kind(Width.ENTERPRISE, P.POLICY_DRAFT),
    }
)
"""Actions that fewer may see than others on their kind."""


def kind_of(type_: str) -> Kind:
    """How an event of this type is told."""
    return QUIETER.get(type_) or KINDS.get(type_.partition(".")[0], _OF_THE_LOG)


def check_patterns(patterns: Collection[str]) -> list[str]:
    """What a webhook is to hear of, each once, sorted: ``grant.issued``, ``grant.*``, or ``*`` for all that it may.

    Raises ``Invalid``.
    """
    for n, one in enumerate(patterns):
        found = _PATTERN.fullmatch(one)
        if one != EVERYTHING and (found is None or found[1] not in KINDS):
            known = ", ".join(sorted(KINDS))
            text = f"There are no events {one}; name a type such as grant.issued, a kind such as grant.*, or *. Kinds: {known}."
            raise Invalid.field(f"/events/{n}", "unknown_event", text)
    return sorted(set(patterns))


def wanted(patterns: Collection[str], type_: str) -> bool:
    """Is an event of this type to be heard of?"""
    return not {EVERYTHING, type_, f"{type_.partition('.')[0]}.*"}.isdisjoint(patterns)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the thing stands that an event is about: the paths of the units that it concerns, and its account, if any."""

    paths: tuple[tuple[UUID, ...], ...] = ()
    account_id: UUID | None = None
    business_unit_id: UUID | None = None

    def within(self, unit_id: UUID) -> bool:
        """Does it stand in this unit or below?"""
        return any(unit_id in path for path in self.paths)


def sealed(one: Checkpoint) -> dict[str, Any]:
    """The message that tells of a checkpoint: what to keep, as `coe audit checkpoint` prints it."""
    said: dict[str, Any] = json.loads(one.line())
    return {"type": CHECKPOINT, "timestamp": said["created_at"], "data": said}


def body(event: Event, where: Whereabouts) -> dict[str, Any]:
    """The message that tells of an event."""
    actor = json.loads(event.actor)
    about = {
        name: str(value)
        for name, value in (("account_id", where.account_id), ("business_unit_id", where.business_unit_id))
        if value is not None
    }
    return {
        "type": event.action,
        "timestamp": event.at,
        "data": {
            "seq": event.seq,
            "subject": {"kind": event.subject_kind, "id": event.subject_id},
            "actor": {"kind": actor["kind"], "id": actor["id"]},
            "on_behalf_of": event.on_behalf_of,
            **about,
            "before": impersonal(event.before),
            "after": impersonal(event.after),
        },
    }


def impersonal(text: str | None) -> dict[str, Any] | None:
    """The members of one side of an event that are not somebody's own: digests stand in place of those, and say nothing."""
    if text is None:
        return None
    return {
        name: value for name, value in json.loads(text).items() if not (isinstance(value, dict) and DIGEST in value)
    }


def members(event: Event, name: str) -> set[UUID]:
    """The ids that a member had before and after."""
    said = (json.loads(side).get(name) for side in (event.before, event.after) if side is not None)
    return {UUID(one) for one in said if isinstance(one, str)}
