"""What each action tells beside its row: the event, and exactly the steps that are wanted of it."""

from uuid import UUID

import pytest

from app.directory.erasures.rules import columns_of
from app.replaying.rules import BESIDE, Alter, Bounds, Drop, Put, Redate, ReviewEnds, Told, steps
from app.replaying.rules.rows import ROWS

AT = "2026-03-02T09:00:00.000000Z"
EARLIER, LATER = AT.replace("03-02", "03-01"), AT.replace("03-02", "03-03")
ANNA = "00000000-0000-7000-8000-000000000001"
NEW = {"created_at": AT}


def of(action, after=None, before=None, *, subject="it"):
    """An event: Anna acted in the boss's place, by a client's call, and said why."""
    return Told(AT, action, subject, "anna", "client", "boss", "call", "So.", before or {}, after or {})


def over(**more):
    """Whatever pause of the grant is open ends."""
    return Alter("grant_suspension", {"grant_id": "it", "resumed_at": None}, {"resumed_at": AT, **more})


def setting(unit, platform):
    """A governance setting, as it is put down."""
    values = {"model": "hub", "effective_from": LATER, "platform_id": platform, "business_unit_id": unit}
    return Put("governance_setting", {"id": "n"}, {**values, "reason": "So.", "set_by": "anna", "created_at": AT})


def pause(since, **more):
    """A pause of the grant, as it is put down."""
    return Put("grant_suspension", {"id": "n"}, {"grant_id": "it", "suspended_at": since, "reason": "So.", **more})


PEOPLE = [
    (of("employee.joined"), [Bounds("it")]),
    (of("employee.rejoined"), [Bounds("it")]),
    (of("employee.updated", {"hired_on": "2026-01-01", "title": "Clerk"}), [Bounds("it")]),
    (of("employee.left", {"terminated_on": "2026-03-02"}), [Bounds("it")]),
    (of("employee.moved", {"business_unit_id": "sales"}), [Bounds("it")]),
    (of("employee.updated", {"title": "Clerk"}), []),
    (
        of("employee.erased", subject=ANNA),
        [
            Put("employee", {"id": ANNA}, columns_of(UUID(ANNA))),
            Drop("notification_settings", {"employee_id": ANNA}),
        ],
    ),
    (
        of("notification_settings.changed", {"mail": "daily"}),
        [Put("notification_settings", {"employee_id": "it"}, {"mail": "daily"}, NEW)],
    ),
]
UNITS = [
    (of("business_unit.updated", {"timezone": "Asia/Tokyo"}, {"timezone": "UTC"}), [Redate("it", AT)]),
    (of("business_unit.updated", {"timezone": "UTC", "name": "B"}, {"timezone": "UTC", "name": "A"}), []),
    (of("business_unit.updated", {"name": "B"}, {"name": "A"}), []),
    (of("business_unit.merged", {"merged_into_id": "sales"}), [Redate("sales", AT)]),
    (
        of("governance.switched", {"setting_id": "n", "model": "hub", "effective_from": LATER, "platform_id": "p"}),
        [setting("it", "p")],
    ),
    (
        of(
            "governance.switched",
            {"setting_id": "n", "model": "hub", "effective_from": LATER, "platform_id": None},
            subject="enterprise",
        ),
        [setting(None, None)],
    ),
    (of("governance.switched", {"model": "hub"}), []),
]  # fmt: skip
WORDS = [
    (
        of(f"{kind}.{did}", {"decision_id": "d", "round": 2, "step": "strategist"}),
        [
            Put(
                "request_decision",
                {"id": "d"},
                {
                    "request_id": "it", "round": 2, "kind": "strategist", "decision": decision, "decided_by": "anna",
                    "principal_id": "boss", "comment": "So.", "at": AT,
                },
            )
        ],
    )
    for kind in ("rights_request", "registration")
    for did, decision in (("approved", "approve"), ("denied", "deny"), ("changes_requested", "request_changes"))
]  # fmt: skip
GRANTS = [
    *((of(f"grant.{did}"), [over()]) for did in ("expired", "revoked", "superseded")),
    (of("grant.resumed"), [over(resumed_by="anna")]),
    (of("grant.suspended"), [over()]),
    (of("grant.suspended", {"suspension_id": "n"}), [over(), pause(AT, scheduled=False, suspended_by="anna")]),
    (
        of("grant.review_due", {"suspension_id": "n", "review_due_at": LATER}),
        [over(), pause(LATER, scheduled=True, suspended_by=None)],
    ),
]
CAMPAIGNS = [
    (
        of(f"campaign.{did}", {"account_ids": ["a", "b"], "members": {"bob": ["publish"]}}),
        [
            Drop("campaign_account", {"campaign_id": "it"}),
            Drop("campaign_member", {"campaign_id": "it"}),
            Put("campaign_account", {"campaign_id": "it", "account_id": "a"}, {}),
            Put("campaign_account", {"campaign_id": "it", "account_id": "b"}, {}),
            Put("campaign_member", {"campaign_id": "it", "employee_id": "bob"}, {"rights": ["publish"]}),
        ],
    )
    for did in ("created", "changed")
]
POLICIES = [
    (
        of("policy_version.published", {"effective_from": AT, "supersedes": ["v"]}),
        [Alter("policy_version", {"id": "v"}, {"superseded_at": AT, "state": "superseded"})],
    ),
    (
        of("policy_version.published", {"effective_from": EARLIER, "supersedes": ["v", "w"]}),
        [
            Alter("policy_version", {"id": "v"}, {"superseded_at": EARLIER, "state": "superseded"}),
            Alter("policy_version", {"id": "w"}, {"superseded_at": EARLIER, "state": "superseded"}),
        ],
    ),
    (
        of("policy_version.published", {"effective_from": LATER, "supersedes": ["v"]}),
        [Alter("policy_version", {"id": "v"}, {"superseded_at": LATER})],
    ),
    (of("policy_version.published", {"effective_from": AT}), []),
    (
        of("policy_version.retired", {"given_back": ["v"]}, {"superseded_at": LATER}),
        [Alter("policy_version", {"id": "v"}, {"superseded_at": LATER})],
    ),
    (of("policy_version.retired", {}, {"superseded_at": None}), []),
    (
        of("policy_version.attested", {"attestation_id": "n", "employee_id": "bob", "text_sha256": "ab"}),
        [
            Put(
                "attestation",
                {"id": "n"},
                {"employee_id": "bob", "text_sha256": "ab", "policy_version_id": "it", "created_at": AT},
            )
        ],
    ),
    (of("policy_version.attested", {"n": 1}), []),
]
PROGRAMME = [
    (
        of("strategy.approved", {"supersedes": ["s"]}),
        [Alter("strategy", {"id": "s"}, {"state": "superseded", "superseded_at": AT})],
    ),
    *(
        (of(f"assessment.{did}", {"supersedes": ["a"]}), [Alter("assessment", {"id": "a"}, {"superseded_at": AT})])
        for did in ("approved", "refused")
    ),
    (of("publishing_tool.described", {"sso": True}), [Put("tool_profile", {"tool_id": "it"}, {"sso": True})]),
    (
        of("finding.published", {"tags": [["network", "x"]]}),
        [Put("finding_tag", {"finding_id": "it", "kind": "network", "value": "x"}, {})],
    ),
    (
        of("finding.cited", {"citation_id": "n", "subject_kind": "goal", "subject_id": "g", "why": "Read it."}),
        [
            Put(
                "citation",
                {"id": "n"},
                {
                    "subject_kind": "goal", "subject_id": "g", "why": "Read it.", "finding_id": "it", "cited_by": "anna",
                    "created_at": AT,
                },
            )
        ],
    ),
    (
        of("observation.recorded", {"observations": {"k": {"file": [["n", "a", "2026-02-01", "2026-02-28", "7"]]}}}),
        [
            Put(
                "observation",
                {"id": "n"},
                {
                    "account_id": "a", "kpi_id": "k", "source": "file", "value": "7", "period_from": "2026-02-01",
                    "period_until": "2026-02-28",
                },
                NEW,
            )
        ],
    ),
    (of("target.removed"), [Drop("target", {"id": "it"})]),
]  # fmt: skip
ACCOUNTS = [
    (
        of("account.tools_changed", {"tools": ["b", "d", "c"]}, {"tools": ["z", "b", "a"]}),
        [
            Drop("account_tool", {"account_id": "it", "tool_id": "a"}),
            Drop("account_tool", {"account_id": "it", "tool_id": "z"}),
            Put("account_tool", {"account_id": "it", "tool_id": "c"}, {}, {"since": AT}),
            Put("account_tool", {"account_id": "it", "tool_id": "d"}, {}, {"since": AT}),
        ],
    ),
    (
        of("account.step_said", {"step": "mfa", "reference": "T-1", "note": None}),
        [
            Put(
                "account_checklist",
                {"account_id": "it", "step": "mfa"},
                {"reference": "T-1", "note": None, "said_by": "anna", "said_at": AT},
            )
        ],
    ),
    *(
        (
            of(
                f"discovery.{did}",
                {
                    "sighting_id": "n", "source": "monitoring", "seen_at": EARLIER, "active": True, "display_name": "Acme",
                    "followers": 3, "note": "?", "recorded_by": "bob", "sighting_evidence_url": "u", "evidence_url": "v",
                },
            ),
            [
                Put(
                    "discovery_sighting",
                    {"id": "n"},
                    {
                        "source": "monitoring", "seen_at": EARLIER, "active": True, "display_name": "Acme",
                        "followers": 3, "note": "?", "recorded_by": "bob", "evidence_url": "u", "discovery_id": "it",
                        "created_at": AT,
                    },
                )
            ],
        )
        for did in ("recorded", "seen")
    ),
    (of("network.added", {"name": "N"}, subject="n"), [Put("network", {"key": "n"}, {"data": {"name": "N"}}, NEW)]),
    (
        of("access_task.opened", {"items": [{"right": "publish"}, {"right": "reply"}]}),
        [
            Put("access_task_item", {"task_id": "it", "position": 0}, {"right": "publish"}),
            Put("access_task_item", {"task_id": "it", "position": 1}, {"right": "reply"}),
        ],
    ),
    (of("access_task.opened"), []),
]  # fmt: skip
REVIEWS = [
    (
        of("review.opened", {"filter": {"right": "publish"}, "listed": [{"id": "i", "grant_id": "g"}]}),
        [
            Put("review", {"id": "it"}, {"right": "publish"}),
            Put("review_item", {"id": "i"}, {"grant_id": "g", "review_id": "it", "created_at": AT}),
            ReviewEnds(review="it"),
        ],
    ),
    (of("review.opened", {"filter": {}}), [Put("review", {"id": "it"}, {}), ReviewEnds(review="it")]),
    (of("review.closed"), [ReviewEnds(review="it")]),
    (of("review_item.kept", {"grant_id": "g"}), [ReviewEnds(grant="g")]),
    (of("review_item.kept"), []),
    (
        of("retirement.opened", {"listed": [{"id": "i", "account_id": "a"}]}),
        [Put("retirement_item", {"id": "i"}, {"account_id": "a", "retirement_id": "it", "created_at": AT})],
    ),
    (
        of("retirement.ended"),
        [Alter("retirement_item", {"retirement_id": "it", "closed_at": None}, {"closed_at": AT})],
    ),
]
GROUPS = [
    *(
        (
            of(
                f"group.{did}",
                {"left": ["bob"], "memberships": [["m", "employee", "carl"], ["n", "group", "inner"]]},
            ),
            [
                Drop("group_member", {"group_id": "it", "employee_id": "bob"}),
                Drop("group_member", {"group_id": "it", "child_id": "bob"}),
                Put("group_member", {"id": "m"}, {"group_id": "it", "employee_id": "carl", "added_at": AT}),
                Put("group_member", {"id": "n"}, {"group_id": "it", "child_id": "inner", "added_at": AT}),
            ],
        )
        for did in ("created", "updated")
    ),
    (of("group.updated"), []),
    (
        of("group.deleted"),
        [
            Drop("group_member", {"group_id": "it"}),
            Drop("group_member", {"child_id": "it"}),
            Alter("group_mapping", {"group_id": "it"}, {"group_id": None}),
            Drop("directory_group", {"id": "it"}),
        ],
    ),
]
WANTED = [*PEOPLE, *UNITS, *WORDS, *GRANTS, *CAMPAIGNS, *POLICIES, *PROGRAMME, *ACCOUNTS, *REVIEWS, *GROUPS]


@pytest.mark.parametrize(("one", "wanted"), WANTED, ids=[one.action for one, _ in WANTED])
def test_an_action_tells_beside_its_row(one, wanted):
    assert [*BESIDE[one.action](one)] == wanted


def test_every_action_that_tells_something_beside_is_looked_at():
    assert {one.action for one, _ in WANTED} == BESIDE.keys()


def test_the_row_comes_first_and_what_is_told_beside_it_after():
    one = of("retirement.ended", {"ended_at": AT})
    assert [*steps(one, {})] == [ROWS[one.action].put(one), *BESIDE[one.action](one)]


@pytest.mark.parametrize(
    ("action", "count"), [("goal.created", 1), ("target.removed", 1), ("password.set", 0), ("no.such", 0)]
)
def test_an_action_may_tell_of_a_row_alone_or_beside_alone_or_of_nothing(action, count):
    assert len([*steps(of(action), {})]) == count


@pytest.mark.parametrize(
    ("action", "merges", "kinds"),
    [
        ("employee.moved", {"shop": (AT, "call")}, [Put]),
        ("employee.moved", {}, [Put, Bounds]),
        ("employee.moved", {"other": (AT, "call")}, [Put, Bounds]),
        ("employee.moved", {"shop": (EARLIER, "call")}, [Put, Bounds]),
        ("employee.moved", {"shop": (AT, "another call")}, [Put, Bounds]),
        ("employee.updated", {"shop": (AT, "call")}, [Put, Bounds]),
    ],
)
def test_who_goes_along_with_a_merged_unit_keeps_the_instants_of_the_days_that_are_over(action, merges, kinds):
    one = of(action, {"business_unit_id": "sales"}, {"business_unit_id": "shop"})
    assert [type(step) for step in steps(one, merges)] == kinds
