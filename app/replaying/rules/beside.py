"""What an action tells beside the row that its subject is: rows below it, rows that follow it, columns to be worked out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from app.directory.erasures.rules import columns_of

from .rows import ROWS
from .steps import Alter, Bounds, Drop, Put, Redate, ReviewEnds, Step
from .told import Told

Beside = Callable[[Told], Iterable[Step]]


def _of_person(one: Told) -> Iterator[Step]:
    if one.action in ("employee.joined", "employee.rejoined") or _DATED & one.after.keys():
        yield Bounds(one.subject)


_DATED = frozenset({"hired_on", "terminated_on", "business_unit_id"})


def _of_erasing(one: Told) -> Iterator[Step]:
    yield Put("employee", {"id": one.subject}, columns_of(UUID(one.subject)))
    yield Drop("notification_settings", {"employee_id": one.subject})


def _of_unit(one: Told) -> Iterator[Step]:
    if one.before.get("timezone") != one.after.get("timezone"):
        yield Redate(one.subject, one.at)


def _of_merge(one: Told) -> Iterator[Step]:
    yield Redate(one.after["merged_into_id"], one.at)


def _of_word(one: Told) -> Iterator[Step]:
    """Somebody's word on a step of a request."""
    if "decision_id" in one.after:
        verdict = {"approved": "approve", "denied": "deny", "changes_requested": "request_changes"}
        yield Put(
            "request_decision",
            {"id": one.after["decision_id"]},
            {
                "request_id": one.subject, "round": one.after["round"], "kind": one.after["step"],
                "decision": verdict[one.action.partition(".")[2]], "decided_by": one.person, "principal_id": one.seat,
                "comment": one.reason, "at": one.at,
            },
        )  # fmt: skip


def _pause(one: Told, since: str, *, scheduled: bool) -> Iterator[Step]:
    """A pause begins, or is written down ahead; one that was to begin later gives way to it."""
    yield from _over(one)
    if "suspension_id" in one.after:
        yield Put(
            "grant_suspension",
            {"id": one.after["suspension_id"]},
            {
                "grant_id": one.subject, "suspended_at": since, "scheduled": scheduled,
                "suspended_by": None if scheduled else one.person, "reason": one.reason,
            },
        )  # fmt: skip


def _over(one: Told, **more: Any) -> Iterator[Step]:
    """Whatever pause of a grant is open ends."""
    yield Alter("grant_suspension", {"grant_id": one.subject, "resumed_at": None}, {"resumed_at": one.at, **more})


def _of_campaign(one: Told) -> Iterator[Step]:
    """The accounts and the people of a campaign, as they are from now on."""
    whole = {"campaign_id": one.subject}
    yield Drop("campaign_account", whole)
    yield Drop("campaign_member", whole)
    for account in one.after["account_ids"]:
        yield Put("campaign_account", {**whole, "account_id": account}, {})
    for person, rights in one.after["members"].items():
        yield Put("campaign_member", {**whole, "employee_id": person}, {"rights": rights})


def _of_switch(one: Told) -> Iterator[Step]:
    if "setting_id" in one.after:
        unit = None if one.subject == "enterprise" else one.subject
        told = {name: one.after[name] for name in ("model", "effective_from", "platform_id")}
        values = {**told, "business_unit_id": unit, "reason": one.reason, "set_by": one.person, "created_at": one.at}
        yield Put("governance_setting", {"id": one.after["setting_id"]}, values)


def _of_publishing(one: Told) -> Iterator[Step]:
    """What was in force ends when the new version begins."""
    begins = one.after["effective_from"]
    state = {"state": "superseded"} if begins <= one.at else {}
    for id_ in one.after.get("supersedes", ()):
        yield Alter("policy_version", {"id": id_}, {"superseded_at": begins, **state})


def _of_approving(one: Told) -> Iterator[Step]:
    """The strategy that held gives way to the new one."""
    for id_ in one.after["supersedes"]:
        yield Alter("strategy", {"id": id_}, {"state": "superseded", "superseded_at": one.at})


def _of_assessing(one: Told) -> Iterator[Step]:
    """The decision that counted gives way to the new one."""
    for id_ in one.after["supersedes"]:
        yield Alter("assessment", {"id": id_}, {"superseded_at": one.at})


def _of_describing(one: Told) -> Iterator[Step]:
    yield Put("tool_profile", {"tool_id": one.subject}, one.after)


def _of_tools(one: Told) -> Iterator[Step]:
    """Which tools an account uses: what it used already it goes on to use since when it did."""
    before, after = (set(side["tools"]) for side in (one.before, one.after))
    for gone in sorted(before - after):
        yield Drop("account_tool", {"account_id": one.subject, "tool_id": gone})
    for begun in sorted(after - before):
        yield Put("account_tool", {"account_id": one.subject, "tool_id": begun}, {}, {"since": one.at})


def _of_finding(one: Told) -> Iterator[Step]:
    for kind, value in one.after["tags"]:
        yield Put("finding_tag", {"finding_id": one.subject, "kind": kind, "value": value}, {})


def _of_citing(one: Told) -> Iterator[Step]:
    told = {name: one.after[name] for name in ("subject_kind", "subject_id", "why")}
    values = {**told, "finding_id": one.subject, "cited_by": one.person, "created_at": one.at}
    yield Put("citation", {"id": one.after["citation_id"]}, values)


def _of_retiring(one: Told) -> Iterator[Step]:
    """What a version that never began was to end goes on, as long as that version was to last."""
    for id_ in one.after.get("given_back", ()):
        yield Alter("policy_version", {"id": id_}, {"superseded_at": one.before["superseded_at"]})


def _of_attesting(one: Told) -> Iterator[Step]:
    if "attestation_id" in one.after:
        told = {name: one.after[name] for name in ("employee_id", "text_sha256")}
        values = {**told, "policy_version_id": one.subject, "created_at": one.at}
        yield Put("attestation", {"id": one.after["attestation_id"]}, values)


def _of_review(one: Told) -> Iterator[Step]:
    yield Put("review", {"id": one.subject}, one.after["filter"])
    for item in one.after.get("listed", ()):
        told = {name: value for name, value in item.items() if name != "id"}
        yield Put("review_item", {"id": item["id"]}, {**told, "review_id": one.subject, "created_at": one.at})
    yield ReviewEnds(review=one.subject)


def _of_retirement(one: Told) -> Iterator[Step]:
    """A campaign was opened: what it asks about."""
    for item in one.after["listed"]:
        told = {name: value for name, value in item.items() if name != "id"}
        yield Put("retirement_item", {"id": item["id"]}, {**told, "retirement_id": one.subject, "created_at": one.at})


def _of_no_retirement(one: Told) -> Iterator[Step]:
    """A campaign ended, and what was open of it."""
    yield Alter("retirement_item", {"retirement_id": one.subject, "closed_at": None}, {"closed_at": one.at})


def _of_saying(one: Told) -> Iterator[Step]:
    """A step of an account's checklist is said to be done."""
    told = {name: one.after[name] for name in ("reference", "note")}
    key = {"account_id": one.subject, "step": one.after["step"]}
    yield Put("account_checklist", key, {**told, "said_by": one.person, "said_at": one.at})


def _of_keeping(one: Told) -> Iterator[Step]:
    if "grant_id" in one.after:
        yield ReviewEnds(grant=one.after["grant_id"])


_MEMBER = {"employee": "employee_id", "group": "child_id"}


def _of_group(one: Told) -> Iterator[Step]:
    for left in one.after.get("left", ()):
        for column in _MEMBER.values():
            yield Drop("group_member", {"group_id": one.subject, column: left})
    for id_, kind, member in one.after.get("memberships", ()):
        yield Put("group_member", {"id": id_}, {"group_id": one.subject, _MEMBER[kind]: member, "added_at": one.at})


def _of_no_group(one: Told) -> Iterator[Step]:
    """The group is taken away, from other groups too; its mappings stay as history."""
    for column in ("group_id", "child_id"):
        yield Drop("group_member", {column: one.subject})
    yield Alter("group_mapping", {"group_id": one.subject}, {"group_id": None})
    yield Drop("directory_group", {"id": one.subject})


def _of_network(one: Told) -> Iterator[Step]:
    yield Put("network", {"key": one.subject}, {"data": dict(one.after)}, {"created_at": one.at})


def _of_sighting(one: Told) -> Iterator[Step]:
    """A discovery was seen once more."""
    told = {name: one.after[name] for name in _SIGHTED} | {"evidence_url": one.after["sighting_evidence_url"]}
    values = {**told, "discovery_id": one.subject, "created_at": one.at}
    yield Put("discovery_sighting", {"id": one.after["sighting_id"]}, values)


_SIGHTED = ("source", "seen_at", "active", "display_name", "followers", "note", "recorded_by")


def _of_task(one: Told) -> Iterator[Step]:
    for position, item in enumerate(one.after.get("items", ())):
        yield Put("access_task_item", {"task_id": one.subject, "position": position}, item)


def _of_observations(one: Told) -> Iterator[Step]:
    """Many in one event: by KPI and source, each its id, its account, its days and its value."""
    for kpi, sources in one.after["observations"].items():
        for source, rows in sources.items():
            for id_, account, since, until, value in rows:
                told = {"account_id": account, "kpi_id": kpi, "source": source, "value": value}
                days = {"period_from": since, "period_until": until}
                yield Put("observation", {"id": id_}, {**told, **days}, {"created_at": one.at})


def _of_wishes(one: Told) -> Iterator[Step]:
    yield Put("notification_settings", {"employee_id": one.subject}, one.after, {"created_at": one.at})


BESIDE: Mapping[str, Beside] = {
    **{f"employee.{did}": _of_person for did in ("joined", "updated", "moved", "left", "rejoined")},
    "employee.erased": _of_erasing,
    "business_unit.updated": _of_unit,
    "business_unit.merged": _of_merge,
    **{
        f"{kind}.{word}": _of_word
        for kind in ("rights_request", "registration")
        for word in ("approved", "denied", "changes_requested")
    },
    **dict.fromkeys(("grant.expired", "grant.revoked", "grant.superseded"), _over),
    "grant.suspended": lambda one: _pause(one, one.at, scheduled=False),
    "grant.review_due": lambda one: _pause(one, one.after["review_due_at"], scheduled=True),
    "grant.resumed": lambda one: _over(one, resumed_by=one.person),
    **dict.fromkeys(("campaign.created", "campaign.changed"), _of_campaign),
    "governance.switched": _of_switch,
    "policy_version.published": _of_publishing,
    "policy_version.retired": _of_retiring,
    "strategy.approved": _of_approving,
    **dict.fromkeys(("assessment.approved", "assessment.refused"), _of_assessing),
    "publishing_tool.described": _of_describing,
    "account.tools_changed": _of_tools,
    "finding.published": _of_finding,
    "finding.cited": _of_citing,
    "policy_version.attested": _of_attesting,
    "account.step_said": _of_saying,
    "retirement.opened": _of_retirement,
    "retirement.ended": _of_no_retirement,
    "review.opened": _of_review,
    "review.closed": lambda one: (ReviewEnds(review=one.subject),),
    "review_item.kept": _of_keeping,
    "group.created": _of_group,
    "group.updated": _of_group,
    "group.deleted": _of_no_group,
    **dict.fromkeys(("discovery.recorded", "discovery.seen"), _of_sighting),
    "network.added": _of_network,
    "access_task.opened": _of_task,
    "notification_settings.changed": _of_wishes,
    "observation.recorded": _of_observations,
    "target.removed": lambda one: (Drop("target", {"id": one.subject}),),
}  # fmt: skip
"""What else an action tells: rows below its subject, and columns that are worked out."""


Merges = Mapping[str, tuple[str, str | None]]
"""By unit, when it was merged into another, and by which call."""


def steps(one: Told, merges: Merges) -> Iterator[Step]:
    """What an event changes, in order.

    Who goes along with a merged unit keeps the instants of the days that are over: no feed has stated them anew.
    """
    row, beside = ROWS.get(one.action), BESIDE.get(one.action)
    if row is not None:
        yield row.put(one)
    merged = merges.get(one.before.get("business_unit_id", ""))
    along = one.action == "employee.moved" and merged == (one.at, one.request)
    if beside is not None and not along:
        yield from beside(one)
