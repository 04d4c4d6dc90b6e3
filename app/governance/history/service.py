"""What a decision depends on, as it was at an instant of the past.

Most rows keep their instants and tell it themselves. What they do not keep is in the audit log: whether and how somebody
was employed, an account's state and unit, the tree of units and its clocks, whose a tool was, how long a course counted,
where a clearance stood. Names are looked up as they are today.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import NEVER_OURS, Account, AccountState
from app.audit import store as audit
from app.audit.rules import Event, instant
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.clearances import rules as clearance_rules
from app.governance.clearances import store as clearances
from app.governance.clearances.rules import ClearanceState
from app.governance.evaluation.rules import Facts, Resource, Subject
from app.governance.evaluation.service import Question
from app.governance.freezes import store as freezes
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Right
from app.governance.reasons.rules import ReasonCode
from app.governance.reviews import store as reviews
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.wire import parse_instant
from app.kernel.work import Work
from app.networks import rules as networks
from app.networks import store as network_store
from app.policies import rules as policy_rules
from app.policies import store as policies
from app.policies.attestations import store as attestations
from app.policies.rules import Limits
from app.policies.typed import rules as typed
from app.programme.training import store as training
from app.programme.training.rules import Learnt
from app.roles import store as roles
from app.roles.rules import coe_member
from app.tools.rules import Tool

from . import rules
from .rules import Told, UnitLog


@dataclass(frozen=True, slots=True)
class Past:
    """All that was so at an instant that is over: after every event of that very instant."""

    work: Work
    at: datetime

    def facts(self, question: Question, person: Employee | None) -> Facts:
        """What a question's answer depended on; the tool is left out. Raises ``HistoryIncomplete``."""
        account = self.account(question.account)
        right = Right(question.right) if question.right in set(Right) else None
        resource = self.resource(account) if account else None
        there = person is not None and person.created_at <= self.at
        return Facts(
            right=right,
            subject=self.subject(person, resource.limits if resource else None) if person and there else None,
            resource=resource,
            grants=self.grants(person.id, account.id) if person and account else (),
            clearance=self._clearance(resource, question.digest) if resource and right is Right.PUBLISH else None,
        )

    def account(self, text: str) -> Account | None:
        """An account by our id, or by ``network:handle`` in any spelling, if there was one."""
        try:
            found = list(accounts.accounts(self.work.session, [UUID(text)]).values())
        except ValueError:
            return next((one for one in self._with_handle(text) if one.state not in NEVER_OURS), None)
        return next(map(self._as_it_was, self._made(found)), None)

    def _with_handle(self, text: str) -> list[Account]:
        """Whatever had this handle then; of proposals made in vain there may be several."""
        key, _, handle = text.partition(":")
        try:
            named = networks.canonical(network_store.network(self.work.session, key), handle)
        except (networks.BadHandle, NotFound):
            return []
        page = Page(limit=200, sort="-id")
        found = accounts.page(self.work.session, page, {"network": key, "handle": named.canonical})
        return [self._as_it_was(one) for one in self._made(found)]

    def _made(self, found: Iterable[Account]) -> list[Account]:
        return [one for one in found if one.created_at <= self.at]

    def _as_it_was(self, one: Account) -> Account:
        now = {"state": one.state.value, "business_unit_id": str(one.business_unit_id)}
        then = rules.before_all(now, self._later("account", [one.id]))
        unit_id = UUID(then["business_unit_id"])
        return replace(one, state=AccountState(then["state"]), business_unit_id=unit_id, path=self._path(unit_id))

    def _path(self, unit_id: UUID) -> tuple[UUID, ...]:
        """From the root of the tree down to a unit, as it stood."""
        path = [unit_id]
        while (parent := self._unit(path[0])["parent_id"]) is not None:
            if UUID(parent) in path:
                raise rules.HistoryIncomplete("The audit log does not tell how the business units stood.")
            path.insert(0, UUID(parent))
        return tuple(path)

    def _unit(self, unit_id: UUID) -> dict[str, Any]:
        unit = directory.unit(self.work.session, unit_id)
        now = {"parent_id": str(unit.parent_id) if unit.parent_id else None, "timezone": unit.timezone}
        return rules.before_all(now, self._later("business_unit", [unit_id]))

    def resource(self, account: Account) -> Resource:
        """The account, by ``account``, with the model, the policies and the freezes that were in force there."""
        place, session = account.place, self.work.session
        setting = models.setting(self.work, account.path, self.at)
        limits = policy_rules.combine(policy_rules.in_scope(policies.was_in_force(session, self.at), place))
        hours = limits["posting_hours"] is not None
        frozen = [one for one in freezes.in_force_at(session, self.at) if one.target.covers(account.id, place)]
        return Resource(
            account.id, account.state, account.path, MODELS[setting.model], setting.platform_id, limits,
            network=account.network, timezone=self._unit(account.business_unit_id)["timezone"] if hours else "UTC",
            freezes=tuple(frozen),
        )  # fmt: skip

    def subject(self, person: Employee, limits: Limits | None) -> Subject:
        """Somebody who was known then, with what the policies of a place asked of people."""
        was = self._employment(person)
        there = replace(
            person,
            active=was.active,
            employment_type=was.employment_type,
            starts_at=was.starts_at,
            ends_at=was.ends_at,
        )
        here = there.employed(self.at)
        asked = limits.attestations if limits else ()
        held = roles.held_at(self.work.session, person.id, self.at) if here else []
        return Subject(
            person.id, here, there.employment_type, coe_member(held),
            completed=self._learnt(person.id, typed.courses(limits["required_training"] or ()) if limits else {}),
            attested=attestations.attested_by(
                self.work.session, person.id, [one.version_id for one in asked], self.at
            ),
        )  # fmt: skip

    def _employment(self, person: Employee) -> rules.Employment:
        own = [one for one in self._told("employee", [person.id]) if one.at <= self.at]
        ids = {UUID(one.after["business_unit_id"]) for one in own if "business_unit_id" in one.after}
        zones = directory.timezones(self.work.session, ids)
        told = self._told("business_unit", ids)
        units = {id_: UnitLog(zones[id_], [one for one in told if one.subject_id == id_]) for id_ in ids}
        return rules.employment(own, units, self.at)

    def _learnt(self, employee_id: UUID, courses: Iterable[str]) -> dict[str, Learnt]:
        wanted = set(courses)
        if not wanted:
            return {}
        done = training.learnt_by(self.work.session, employee_id, wanted, self.at)
        later = self._later("course", {one.course_id for one in done.values()})
        found = {}
        for key, one in done.items():
            news = [each for each in later if each.subject_id == one.course_id]
            days = rules.before_all({"valid_for_days": one.course_valid_for_days}, news)["valid_for_days"]
            found[key] = Learnt(one.completed_at, days)
        return found

    def grants(self, employee_id: UUID, account_id: UUID) -> tuple[Grant, ...]:
        """Every grant that somebody had had on an account by then."""
        return tuple(map(self.reviewed, grants.had(self.work.session, employee_id, account_id, self.at)))

    def reviewed(self, one: Grant) -> Grant:
        """A grant with the end that its reviews had set it by then."""
        return replace(one, review_ends_at=reviews.first_end_at(self.work.session, one.id, self.at))

    def _clearance(self, resource: Resource, digest: str | None) -> ReasonCode | None:
        if not resource.limits["clearance_required"]:
            return None
        made = clearances.made_by(self.work.session, resource.id, digest, self.at)
        later = self._later("clearance", {one.id for one in made})
        then = []
        for one in made:
            news = [each for each in later if each.subject_id == one.id]
            state = ClearanceState(rules.before_all({"state": one.state.value}, news)["state"])
            then.append(replace(one, state=state))
        return clearance_rules.check(then, digest, self.at)

    def tool(self, one: Tool | None) -> Tool | None:
        """A publishing tool as it was registered then; None: it was not, yet."""
        if one is None or one.created_at > self.at:
            return None
        now = {"business_unit_id": str(one.business_unit_id) if one.business_unit_id else None}
        unit_id = rules.before_all(now, self._later("publishing_tool", [one.id]))["business_unit_id"]
        retired = one.retired_at if one.retired_at is not None and one.retired_at <= self.at else None
        return replace(one, business_unit_id=UUID(unit_id) if unit_id else None, retired_at=retired)

    def _later(self, kind: str, ids: Iterable[UUID]) -> list[Told]:
        return self._told(kind, ids, instant(self.at))

    def _told(self, kind: str, ids: Iterable[UUID], after: str | None = None) -> list[Told]:
        return [_told(one) for one in audit.about(self.work.session, kind, map(str, ids), after=after)]


def _told(one: Event) -> Told:
    before, after = (json.loads(text) if text else {} for text in (one.before, one.after))
    return Told(one.seq, parse_instant(one.at), one.action, UUID(one.subject_id), before, after)
