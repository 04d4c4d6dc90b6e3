"""Each report's figures against the same figures computed from the rows of the tables, on the demo and on a real enterprise."""

from collections import Counter
from datetime import timedelta

import pytest

from .recount import FLAGS, RIGHTS, STATES, STEPS, Raw, share

PARTS = ({}, {"unit": "r-sales"}, {"network": "x"}, {"unit": "r-sales", "network": "linkedin"})


def named(part):
    return "-".join(part.values()) or "everything"


@pytest.fixture(params=PARTS, ids=named)
def raw(request, lively):
    """The rows of a part of the enterprise."""
    return Raw(lively, **request.param)


def asked(raw, key, who="r.boss", **params):
    narrowed = {"business_unit_id": raw.unit, "network": raw.network}
    params = {name: value for name, value in (narrowed | params).items() if value is not None}
    return raw.world.get(f"/v1/reports/{key}", who, params=params)


def keyed(report, *names):
    """The rows by some of their members, each with the rest of them."""
    found = {
        tuple(row[name] for name in names): {
            name: value for name, value in row.items() if name not in (*names, "business_unit_name")
        }
        for row in report["rows"]
    }
    assert len(found) == len(report["rows"])
    return found


def summed(rows, names):
    return {name: sum(row[name] for row in rows) for name in names}


def told(totals, names):
    return {name: totals[name] for name in names}


def test_inventory(raw):
    report, wanted = asked(raw, "inventory"), raw.inventory()
    assert keyed(report, "business_unit", "network") == wanted
    names = ("accounts", *STATES, *FLAGS)
    totals = summed(wanted.values(), names)
    assert report["totals"] == {**totals, "idle_share": share(totals["idle"], totals["active"])}
    silent = sum(one["state"] == "active" and one["last_activity_at"] is None for one in raw.accounts())
    assert [str(silent) in one for one in report["not_computed"]] == [True] * bool(silent)
    assert (
        raw.unit or raw.network or all(totals[flag] for flag in ("idle", "orphaned", "single_custodian", "unvalidated"))
    )


def test_rights(raw):
    report, wanted = asked(raw, "rights"), raw.rights()
    assert keyed(report, "business_unit", "network") == wanted
    totals = summed(wanted.values(), ("accounts", "accounts_without_publisher", *RIGHTS, "grants", "paused"))
    assert report["totals"] == {**totals, "holders": len({one["employee_id"] for one in raw.grants()})}
    assert raw.unit or totals["paused"] and totals["accounts_without_publisher"]


def test_who_holds_the_most_rights(raw):
    report, wanted = asked(raw, "rights-holders"), raw.holders()
    shown = [
        (row["person"], row["business_unit"], row["grants"], row["publish"], row["accounts"]) for row in report["rows"]
    ]
    assert [one[2] for one in shown] == [one[3] for one in wanted][:50]
    assert sorted(shown) == sorted(one[1:] for one in wanted) if len(wanted) <= 50 else len(shown) == 50
    assert f"of {len(wanted)} who" in report["notes"][0]


@pytest.mark.parametrize("days", [None, 10])
def test_time_to_grant(raw, days):
    since = raw.now - timedelta(days=days or 90)
    report = asked(raw, "time-to-grant", **({"from": since.isoformat()} if days else {}))
    wanted, unknown = raw.times(since, raw.now)
    rows = {row["what"]: (row["decided"], row["median_hours"], row["p90_hours"]) for row in report["rows"]}
    assert rows == wanted
    assert report["totals"]["decided"] == sum(wanted[what][0] for what in ("granted", "granted_at_once", "denied"))
    assert [str(unknown) in one for one in report["not_computed"]] == [True] * bool(unknown)
    if days is None and raw.unit is None and raw.network is None:
        assert unknown and all(wanted[what][0] for what in ("granted", "granted_at_once", "denied", *STEPS))


def test_what_waits(raw):
    """Against what each request says of itself."""
    there = {str(one["id"]) for one in raw.accounts()}
    pending = [
        one
        for one in raw.table("request")
        if one["state"] == "pending" and one["kind"] == "rights" and str(one["account_id"]) in there
    ]
    shown = [raw.world.get(f"/v1/rights-requests/{one['id']}", "r.boss") for one in pending]
    people = {str(one["id"]): one["display_name"] for one in raw.table("employee")}
    steps, queues, overdue = Counter(), Counter(), Counter()
    for one in shown:
        if one["state"] != "pending":  # its time is over, though nobody has written that down
            continue
        ((step, kind),) = [
            (step, kind)
            for step, kind in zip(one["steps"], kinds(raw, one), strict=True)
            if step["state"] in ("open", "blocked_no_approver")
        ]
        steps[kind] += 1
        late = step["due_at"] is not None and step["due_at"] <= raw.now.isoformat().replace("+00:00", "Z")
        for person in {seat[name] for seat in step["eligible"] for name in ("employee_id", "deputy_id") if seat[name]}:
            queues[kind, people[person]] += 1
            overdue[kind, people[person]] += late
    report = asked(raw, "waiting")
    assert {(row["step"], row["person"]): row["waiting"] for row in report["rows"] if row["person"]} == queues
    assert {(row["step"], row["person"]): row["overdue"] for row in report["rows"] if row["person"]} == {
        key: overdue[key] for key in queues
    }
    assert report["totals"]["waiting"] == sum(steps.values())
    times = asked(raw, "time-to-grant")
    assert {row["what"]: row["waiting"] for row in times["rows"] if row["waiting"]} == steps
    assert times["totals"]["waiting"] == sum(steps.values())
    assert raw.unit or raw.network == "linkedin" or (sum(steps.values()) and sum(overdue.values()))


def kinds(raw, shown):
    """What kind of step each step of a request is: roles do not tell one liaison's from the other's."""
    (row,) = [one for one in raw.table("request") if str(one["id"]) == shown["id"]]
    base = [one["kind"] for one in row["steps"]]
    found = []
    for step in shown["steps"]:
        fit = [
            kind
            for kind in STEPS
            if {"account_liaison": "bu_liaison", "beneficiary_liaison": "bu_liaison"}.get(kind, kind) == step["role"]
        ]
        found.append(next(kind for kind in fit if kind not in found and (kind in base or len(fit) == 1)))
    return found


def test_policies_accepted(raw):
    report, wanted = asked(raw, "policy-coverage"), raw.attested()
    shown = {
        (row["policy"], row["business_unit"]): tuple(
            row[name] for name in ("due", "current", "missing", "paused", "share")
        )
        for row in report["rows"]
    }
    assert shown == wanted
    totals = [sum(one[n] for one in wanted.values()) for n in range(4)]
    assert told(report["totals"], ("due", "current", "missing", "paused")) == dict(
        zip(("due", "current", "missing", "paused"), totals, strict=True)
    )
    assert report["totals"]["share"] == share(totals[1], totals[0])
    assert raw.unit or all(totals) and totals[2] > totals[3] or raw.network


def test_training(raw):
    report, wanted = asked(raw, "training-coverage"), raw.trained()
    shown = {
        (row["course"], row["policy"], row["business_unit"]): tuple(
            row[name] for name in ("due", "current", "expired", "missing", "share")
        )
        for row in report["rows"]
    }
    assert shown == wanted
    totals = [sum(one[n] for one in wanted.values()) for n in range(4)]
    assert report["totals"] == {
        **dict(zip(("due", "current", "expired", "missing"), totals, strict=True)),
        "share": share(totals[1], totals[0]),
    }
    assert raw.unit or raw.network or all(totals)


def test_reviews(raw):
    report, wanted = asked(raw, "reviews"), raw.campaigns(raw.now - timedelta(days=90), raw.now)
    names = ("items", "waiting", "escalated", "kept", "ended", "lapsed", "moot", "unreviewed")
    shown = {row["title"]: {name: row[name] for name in names} for row in report["rows"]}
    assert shown == {title: {name: counts[name] for name in names} for title, counts in wanted.items()}
    for row in report["rows"]:
        assert row["answered_share"] == share(row["kept"] + row["ended"], row["items"] - row["moot"])
    assert told(report["totals"], names) == summed(shown.values(), names)
    if raw.unit is None and raw.network is None:
        assert all(report["totals"][name] for name in names)


def test_a_review_counts_as_the_review_itself_does(lively):
    """The rule for one item, and what the database counts of all: the same."""
    for row in lively.get("/v1/reports/reviews", "r.boss")["rows"]:
        of = lively.get(f"/v1/reviews/{row['review']}", "r.boss")["progress"]
        waiting = row["waiting"] + row["escalated"]
        assert waiting == of["open"] + of["escalated"] + of["blocked_no_reviewer"]
        for name in ("items", "kept", "ended", "lapsed", "moot", "unreviewed"):
            assert row[name] == of[name]


@pytest.mark.parametrize("days", [None, 12])
def test_freezes(raw, days):
    since = raw.now - timedelta(days=days or 90)
    report = asked(raw, "freezes", **({"from": since.isoformat()} if days else {}))
    shown = {
        row["freeze"]: (row["scope"], row["severity"], row["state"], row["hours"], row["exempt"])
        for row in report["rows"]
    }
    assert shown == raw.freezes(since, raw.now)
    states = [row["state"] for row in report["rows"]]
    assert states == sorted(states, key=lambda state: state != "in_force")
    assert days or raw.unit or raw.network or {"in_force", "lifted", "over"} <= set(states)


def test_the_fit_of_the_model(raw):
    report, wanted = asked(raw, "model-fit"), raw.fit()
    names = (
        "model",
        "routed_as",
        "accounts",
        "liaisons",
        "liaisons_needed",
        "hub",
        "strategists",
        "platform",
        "above_ceiling",
        "works",
    )
    shown = {row["business_unit"]: tuple(row[name] for name in names) for row in report["rows"]}
    assert shown == wanted
    assert all((row["missing"] is None) is row["works"] for row in report["rows"])
    assert report["totals"] == {
        "accounts": sum(one[2] for one in wanted.values()),
        "above_ceiling": sum(one[8] for one in wanted.values()),
    }
    if raw.unit is None and raw.network is None:
        models = {one[0] for one in wanted.values()}
        assert {"dandelion", "honeycomb", "centralized", "hub_and_spoke"} <= models and report["totals"][
            "above_ceiling"
        ]
        assert {one[9] for one in wanted.values()} == {True, False} and any(one[0] != one[1] for one in wanted.values())


def test_the_tools_that_accounts_use(raw):
    report, wanted = asked(raw, "tools"), raw.tools()
    shown = {(row["tool"], row["business_unit"]): row["accounts"] for row in report["rows"] if row["accounts"]}
    assert shown == wanted and report["totals"] == {"accounts": sum(wanted.values())}
    states, used = {row["tool"]: row["state"] for row in report["rows"]}, {tool for tool, _ in wanted}
    unused = {row["tool"] for row in report["rows"] if row["business_unit"] is None}
    every = raw.table("publishing_tool")
    assert unused == {one["key"] for one in every if one["key"] not in used and one["retired_at"] is None}
    for one in every:
        assert one["key"] not in states or (states[one["key"]] == "approved") is raw.approved(one["id"])
    if raw.unit is None and raw.network is None:
        assert {"approved", "lapsed", "retired", "unassessed"} <= set(states.values())


def test_one_platform(raw):
    report, wanted = asked(raw, "one-platform"), raw.platforms()
    names = ("accounts", "on_one", "on_several", "not_approved", "without")
    shown = {row["business_unit"]: {name: row[name] for name in names} for row in report["rows"]}
    assert shown == {unit: {name: counts[name] for name in names} for unit, counts in wanted.items()}
    totals = summed(shown.values(), names)
    assert told(report["totals"], names) == totals
    for row in (report["totals"], *report["rows"]):
        assert row["share"] == share(row["on_one"], row["accounts"])
        assert row["most_used_share"] == share(row["on_most_used"], row["accounts"])
    assert [str(totals["without"]) in one for one in report["not_computed"]] == [True] * bool(totals["without"])
    active = [one for one in raw.accounts() if one["state"] == "active"]
    counted = Counter(tool for one in active for tool in raw.uses(one) if raw.approved(tool))
    assert report["totals"]["on_most_used"] == max(counted.values(), default=0)
    if raw.unit is None and raw.network is None:
        assert all(totals.values()) and report["totals"]["most_used"]
