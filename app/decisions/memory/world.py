"""What there is little of and all decisions share: units, models, policies, freezes, appointments, tools, networks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from app.clients.rules import Client
from app.governance.evaluation.rules import Resource
from app.governance.freezes.rules import Freeze
from app.governance.models import rules as models
from app.governance.models.rules import MODELS, Setting
from app.kernel.actor import Place
from app.networks.rules import Network
from app.policies import rules as policies
from app.policies.rules import Dated, Limits
from app.roles import rules as roles
from app.roles.rules import Appointment
from app.tools.rules import Tool

from .accounts import Standing
from .instants import NEVER, micros, sure


@dataclass(frozen=True)
class World:
    """One state of all of it; a change makes another.

    ``units``: path from the root and time zone. ``appointments``: those not ended, whoever holds them. ``courses``: by
    key, id and for how many days they count. ``clients``: service clients, those that were revoked left out.
    """

    units: Mapping[UUID, tuple[tuple[UUID, ...], str]]
    settings: tuple[Setting, ...]
    versions: tuple[Dated, ...]
    freezes: tuple[Freeze, ...]
    appointments: tuple[Appointment, ...]
    tools: tuple[Tool, ...]
    courses: Mapping[str, tuple[UUID, int | None]]
    networks: Mapping[str, Network]
    clients: tuple[Client, ...]

    @cached_property
    def tools_by_id(self) -> Mapping[UUID, Tool]:
        return {one.id: one for one in self.tools}

    def tool(self, named: str) -> Tool | None:
        """A tool by id or key."""
        try:
            return self.tools_by_id.get(UUID(named))
        except ValueError:
            return next((one for one in self.tools if one.key == named), None)

    @cached_property
    def clients_by_id(self) -> Mapping[str, Client]:
        return {one.client_id: one for one in self.clients}

    @cached_property
    def clients_by_bearer(self) -> Mapping[str, Client]:
        """Those with a long-lived bearer, by its digest."""
        return {one.secret_hash: one for one in self.clients if one.static and one.secret_hash}

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """The instants at which any of it changes by itself, in order."""
        found = {micros(one.effective_from) for one in self.settings}
        found |= {micros(at) for one in self.versions for at in (one.begins, one.ends)}
        found |= {micros(one.until) for one in self.freezes}
        found |= {micros(at) for one in self.appointments for at in (one.valid_from, one.valid_until)}
        return tuple(sorted(found - {NEVER}))

    def era(self, at: int) -> "Era":
        """What it all comes to from the last such instant up to the next."""
        since = max((turn for turn in self.turns if turn <= at), default=-NEVER)
        until = min((turn for turn in self.turns if turn > at), default=NEVER)
        return Era(self, since, until, sure(at))


@dataclass
class Era:
    """A stretch of time, in microseconds, in which a world stays as it is; what follows from it is found out once."""

    world: World
    since: int
    until: int
    at: datetime
    _limits: dict[tuple[UUID, str], Limits] = field(default_factory=dict)
    _resources: dict[int, Resource] = field(default_factory=dict)

    def holds(self, at: int) -> bool:
        """Is the instant one of it?"""
        return self.since <= at < self.until

    @cached_property
    def members(self) -> frozenset[UUID]:
        """Who is of the Center of Excellence, if employed."""
        held: dict[UUID, list[Appointment]] = {}
        for one in self.world.appointments:
            if one.in_force(self.at):
                held.setdefault(one.employee_id, []).append(one)
        return frozenset(person for person, theirs in held.items() if roles.coe_member(theirs))

    @cached_property
    def policies(self) -> list[policies.InForce]:
        """The versions in force."""
        return [one.policy for one in self.world.versions if one.holds(self.at)]

    def limits(self, unit_id: UUID, network: str) -> Limits:
        """The policies that hold for a unit's accounts on a network, combined."""
        found = self._limits.get((unit_id, network))
        if found is None:
            place = Place(self.world.units[unit_id][0], network)
            found = policies.combine(policies.in_scope(self.policies, place))
            self._limits[unit_id, network] = found
        return found

    def setting(self, path: tuple[UUID, ...]) -> Setting:
        """The choice of model in force at a unit."""
        return models.nearest(self.world.settings, path, self.at) or models.undecided(self.at)

    def resource(self, row: int, account: Standing) -> Resource:
        """An account with all that holds there."""
        found = self._resources.get(row)
        if found is None:
            found = self._resources[row] = self._resource(account)
        return found

    def _resource(self, account: Standing) -> Resource:
        path, timezone = self.world.units[account.unit_id]
        setting, limits = self.setting(path), self.limits(account.unit_id, account.network)
        place, id_ = Place(path, account.network), UUID(bytes=account.id)
        covering = tuple(one for one in self.world.freezes if one.target.covers(id_, place))
        zone = "UTC" if limits["posting_hours"] is None else timezone
        return Resource(
            id_, account.state, path, MODELS[setting.model], setting.platform_id, limits,
            network=account.network, timezone=zone, freezes=covering,
        )  # fmt: skip

    def forget(self, rows: Iterable[int]) -> None:
        """These accounts have changed."""
        for row in rows:
            self._resources.pop(row, None)
