"""What a row of an account inventory says.

An empty cell says nothing: it leaves as it is what the registry holds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.accounts.rules import Account, AccountState
from app.directory.rules import Employee
from app.imports.rules import Columns, Fault, date_of, text_of, yes_of
from app.kernel.text import key_of, prose
from app.kernel.wire import parse_instant
from app.networks.rules import BadHandle, Handle, Network, canonical
from app.policies.rules import RiskTier

COLUMNS = Columns(
    MappingProxyType(
        {
            "network": ("network",),
            "handle": ("handle",),
            "url": ("url",),
            "business_unit": ("business_unit",),
            "steward": ("steward_employee_id",),
            "display_name": ("display_name",),
            "backup_steward": ("backup_steward_employee_id",),
            "purpose": ("purpose",),
            "audience": ("audience",),
            "language": ("language",),
            "region": ("region",),
            "risk": ("risk",),
            "opened_on": ("opened_on",),
            "last_activity": ("last_activity", "last_activity_at"),
            "objective": ("objective",),
            "mfa": ("mfa",),
            "tools": ("tools", "publishing_tools"),
        }
    ),
    optional=frozenset(
        {
            "backup_steward", "purpose", "audience", "language", "region", "risk", "opened_on", "last_activity", "objective",
            "mfa", "tools",
        }
    ),
)  # fmt: skip
SOURCE = "inventory"
MOST_TOOLS = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """What an inventory states of one account. ``values``: columns of ``Account``, but for unit and custodians, which
    are named: the unit by key or name, custodians by HR's employee id. ``tools``: all that the account uses (ids); None
    where the file does not say.
    """

    network: str
    handle: Handle
    business_unit: str
    steward: str | None
    backup_steward: str | None
    values: Mapping[str, Any]
    tools: frozenset[UUID] | None = None

    @property
    def named(self) -> tuple[str, str]:
        """What makes it one account: network and canonical handle."""
        return self.network, self.handle.canonical

    @property
    def key(self) -> str:
        """The same as one text."""
        return ":".join(self.named)

    @property
    def place(self) -> str:
        """What the unit's key or name is compared by."""
        return key_of(self.business_unit)

    @property
    def says(self) -> str:
        """Equal for two rows that say the same of an account, however they spell its handle."""
        tools = None if self.tools is None else sorted(map(str, self.tools))
        members = [self.place, self.steward, self.backup_steward, dict(self.values), tools]
        return json.dumps(members, default=str, sort_keys=True)


def listed(cells: Mapping[str, str], networks: Mapping[str, Network], tools: Mapping[str, UUID]) -> Listed:
    """All that a row says; ``tools``: every publishing tool by key. Raises ``Fault``."""
    network = networks.get(key_of(cells["network"]))
    if network is None:
        raise Fault("unknown_network", f"The network is not one of {', '.join(sorted(networks))}.")
    unit = text_of(cells, "business_unit")
    if unit is None:
        raise Fault("business_unit_missing", "The row does not say whose account it is: the business unit is empty.")
    steward, backup = text_of(cells, "steward", 100), text_of(cells, "backup_steward", 100)
    if steward is not None and steward == backup:
        raise Fault("same_person", "Steward and backup steward are two people.")
    handle = _handle(cells, network, networks)
    return Listed(network.key, handle, unit, steward, backup, _values(cells), _tools(cells, tools))


def _handle(cells: Mapping[str, str], network: Network, networks: Mapping[str, Network]) -> Handle:
    """The handle in its one form; where the cell is empty the address says it."""
    written, url = cells["handle"], cells["url"]
    try:
        found = canonical(network, written or url, url or None, others=networks.values())
        return found if written else replace(found, written=found.canonical)
    except BadHandle as refused:
        raise Fault(refused.reason, str(refused)) from refused


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    values = {
        "display_name": text_of(cells, "display_name"),
        "purpose": _purpose(cells),
        "audience": text_of(cells, "audience"),
        "language": text_of(cells, "language"),
        "region": text_of(cells, "region"),
        "risk": _risk(cells),
        "opened_on": date_of(cells, "opened_on"),
        "last_activity_at": _last_activity(cells),
        "objective": text_of(cells, "objective"),
        "mfa": yes_of(cells, "mfa"),
    }
    return {name: value for name, value in values.items() if value is not None}


def _purpose(cells: Mapping[str, str]) -> str | None:
    try:
        return prose(cells["purpose"]) if cells.get("purpose") else None
    except ValueError as error:
        raise Fault("bad_purpose", f"purpose: {error}.") from error


def _risk(cells: Mapping[str, str]) -> RiskTier | None:
    text = key_of(cells.get("risk", ""))
    if not text:
        return None
    if text not in list(RiskTier):
        raise Fault("bad_risk", f"risk: it must be one of {', '.join(RiskTier)}.")
    return RiskTier(text)


def _last_activity(cells: Mapping[str, str]) -> datetime | None:
    """An instant (RFC 3339), or a date, of which its first instant is taken in UTC."""
    text = cells.get("last_activity", "")
    if "t" not in text.lower():
        day = date_of(cells, "last_activity")
        return datetime.combine(day, time(), UTC) if day else None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Fault("bad_last_activity", f"last_activity: {error}.") from error


def _tools(cells: Mapping[str, str], tools: Mapping[str, UUID]) -> frozenset[UUID] | None:
    """Keys, separated by semicolons."""
    named = {key for part in cells.get("tools", "").split(";") if (key := key_of(part))}
    unknown = sorted(named - tools.keys())
    if unknown:
        raise Fault(
            "unknown_tool", f"tools: there is no publishing tool {unknown[0]}; keys are separated by semicolons."
        )
    if len(named) > MOST_TOOLS:
        raise Fault("too_many_tools", f"tools: an account uses at most {MOST_TOOLS}.")
    return frozenset(tools[key] for key in named) or None


def check_past(stated: Listed, now: datetime) -> None:
    """Activity has happened, or it is none. Raises ``Fault``."""
    if stated.values.get("last_activity_at", now) > now:
        raise Fault("bad_last_activity", "last_activity: it lies in the future.")


def new_values(stated: Listed, unit_id: UUID, people: Mapping[str, Employee], now: datetime) -> dict[str, Any]:
    """The columns of an account not registered yet: an inventory lists what is open, so it is ours from now."""
    return {
        **stated.values,
        **_custodians(stated, people),
        "network": stated.network,
        "handle": stated.handle.canonical,
        "handle_written": stated.handle.written,
        "skeleton": stated.handle.skeleton,
        "url": stated.handle.url,
        "business_unit_id": unit_id,
        "state": AccountState.ACTIVE,
        "source": SOURCE,
        "official_from": now,
    }


def changes(stated: Listed, unit_id: UUID, people: Mapping[str, Employee], present: Account) -> dict[str, Any]:
    """What the row says otherwise than the registry.

    The state is not an inventory's to change, and an older activity than the one known is no news.
    """
    values = {**stated.values, **_custodians(stated, people), "business_unit_id": unit_id}
    known, told = present.last_activity_at, values.get("last_activity_at")
    if known and told and told <= known:
        del values["last_activity_at"]
    return {name: value for name, value in values.items() if getattr(present, name) != value}


def _custodians(stated: Listed, people: Mapping[str, Employee]) -> dict[str, UUID]:
    """The custodians by our ids. One who has left takes nothing into custody: the account is then flagged orphaned."""
    named = {"steward_id": stated.steward, "backup_steward_id": stated.backup_steward}
    found = {name: people[number] for name, number in named.items() if number and number in people}
    return {name: person.id for name, person in found.items() if person.active}
