"""KPIs, observations, targets and what they come to, over HTTP and in the statements that add them up."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from app.accounts import store as accounts
from app.clients import service as clients
from app.measurement.comparing import rules, store
from app.measurement.comparing.rules import Window
from app.measurement.kpis import store as kpis
from app.measurement.kpis.rules import OverTime
from app.measurement.observations import service as recording
from app.measurement.observations.rules import Stated

KPIS, SEEN, AIMS = "/v1/kpis", "/v1/observations", "/v1/targets"
WHY = {"reason": "Nobody needs it."}
COUNTED = {"kind": "measured", "unit": "count", "over_time": "sum", "across_accounts": "sum", "better": "higher"}
WEEK = {"period_from": "2026-02-02", "period_until": "2026-02-09"}
FEBRUARY = "from=2026-02-01&until=2026-03-01"


def define(team, key="posts", status=201, who="content", **more):
    body = {"key": key, "title": key.title(), "definition": f"What {key} means.", **COUNTED, **more}
    return team.post(KPIS, who, {name: value for name, value in body.items() if value is not None}, status)


def ratio(team, key, numerator, denominator, unit="percent", status=201, **more):
    parts = {"numerator": numerator, "denominator": denominator, "over_time": None, "across_accounts": None}
    return define(team, key, status, kind="ratio", unit=unit, **parts, **more)


def saying(account, value="5", kpi="posts", **more):
    return {"account_id": account, "kpi_id": kpi, "value": value, "source": "tool", **WEEK, **more}


def see(team, account, value="5", kpi="posts", *, status=201, who="boss", **more):
    return team.post(SEEN, who, saying(account, value, kpi, **more), status)


def actions(team, kind):
    return [one["action"] for one in reversed(team.events()) if one["action"].startswith(kind)]


def codes(figure):
    return [one["code"] for one in figure["not_comparable"]]


@pytest.fixture
def acme(team):
    """The posts of one account of sales may be counted; it was official from the first of January on."""
    define(team, activity=True)
    return old(team, "acme")


def old(team, handle, unit="sales", network="x", **more):
    return team.account(handle, unit, network, official_from=datetime(2026, 1, 1, tzinfo=UTC), **more)


@pytest.fixture
def tool(team):
    with team.work() as work:
        made = clients.create_client(work, "Figures", ["activity"], static=True)
    team.ids["tool"] = UUID(made.client_id)
    return made.bearer


# --- KPIs -----------------------------------------------------------------------------------------------------------


def test_a_kpi_is_defined_once_described_and_retired(team):
    made = define(team)
    assert (
        {name: made[name] for name in COUNTED} == COUNTED and made["retired_at"] is None and made["activity"] is False
    )
    assert team.get(f"{KPIS}/posts", "stranger") == team.get(f"{KPIS}/{made['id']}", "asker") == made
    said = team.want(200, "PATCH", f"{KPIS}/posts", "boss", {"title": "All posts", "definition": "All *kinds*."})
    assert (said["title"], said["definition"]) == ("All posts", "All *kinds*.")
    assert team.want(200, "PATCH", f"{KPIS}/posts", "boss", {"title": "All posts"}) == said
    for name, value in {
        "unit": "seconds",
        "over_time": "mean",
        "better": "lower",
        "key": "x",
        "activity": True,
    }.items():
        told = team.want(422, "PATCH", f"{KPIS}/posts", "boss", {name: value})
        assert told["errors"][0]["pointer"] == f"/{name}" and told["errors"][0]["code"] == "unknown_field"
    assert team.want(422, "PATCH", f"{KPIS}/posts", "boss", {"title": None})["errors"][0]["pointer"] == "/title"
    gone = team.post(f"{KPIS}/posts/retire", "content", WHY)
    assert gone["retired_at"] == "2026-03-02T09:00:00Z"
    for method, path, body in (("PATCH", "", {"title": "x"}), ("POST", "/retire", WHY)):
        assert team.want(409, method, f"{KPIS}/posts{path}", "boss", body)["code"] == "kpi_retired"
    assert define(team, status=409)["code"] == "key_taken"
    assert actions(team, "kpi.") == ["kpi.defined", "kpi.described", "kpi.retired"]
    assert team.untold() == ()


def test_kpis_are_read_by_everybody_and_written_by_few(team, tool):
    define(team)
    define(team, "reach")
    team.post(f"{KPIS}/reach/retire", "boss", WHY)
    keys = lambda query="": [one["key"] for one in team.get(f"{KPIS}?sort=key{query}", "stranger")["items"]]  # noqa: E731
    assert (keys(), keys("&retired=true"), keys("&retired=false")) == (["posts", "reach"], ["reach"], ["posts"])
    assert team.want(200, "GET", f"{KPIS}/posts", bearer=tool)["key"] == "posts"
    for who in ("asker", "liaison", "hub", "auditor", "developer"):
        define(team, "mine", 403, who)
    team.get(f"{KPIS}/nope", "asker", 404)


def test_a_ratio_names_what_it_is_made_of_by_id_or_key(team):
    reach, posts = define(team, "reach"), define(team)
    made = ratio(team, "posts-per-reach", posts["id"], "reach", "count")
    assert (made["numerator"], made["denominator"], made["over_time"], made["across_accounts"]) == (
        "posts",
        "reach",
        None,
        None,
    )
    for key, numerator, denominator, pointer, code in (
        ("a", "nope", "reach", "/numerator", "unknown_kpi"), ("b", "posts", str(uuid4()), "/denominator", "unknown_kpi"),
        ("c", made["id"], "reach", "/numerator", "not_measured"), ("d", "posts", "posts", "/denominator", "same_part"),
    ):  # fmt: skip
        told = ratio(team, key, numerator, denominator, status=422)["errors"][0]
        assert (told["pointer"], told["code"]) == (pointer, code)
    team.post(f"{KPIS}/{reach['id']}/retire", "boss", WHY)
    assert ratio(team, "e", "posts", "reach", status=409)["code"] == "kpi_retired"
    assert team.untold() == ()


# --- observations ---------------------------------------------------------------------------------------------------


def test_an_observation_is_recorded_and_the_same_again_is_nothing_new(team, acme, tool):
    made = team.want(201, "POST", SEEN, body=saying("x:ACME"), bearer=tool)
    told = {"account_id": acme, "kpi_key": "posts", "value": "5", "source": "tool", **WEEK}
    assert {name: made[name] for name in told} == told
    for again in (saying(acme), saying(acme, "5.000"), saying(acme, kpi=made["kpi_id"])):
        answer = team.call("POST", SEEN, body=again, bearer=tool)
        assert (answer.status_code, answer.json()) == (200, made) and "coe-revision" not in answer.headers
    assert actions(team, "observation.") == ["observation.recorded"]
    see(team, acme, "6", source="other")
    assert [one["value"] for one in team.get(SEEN, "boss")["items"]] == ["5", "6"]


def test_another_value_is_a_correction_that_the_log_tells_of(team, acme):
    made = see(team, acme)
    team.clock.turn(days=1)
    now = see(team, acme, "7.25", status=200)
    assert (now["id"], now["value"], now["created_at"]) == (made["id"], "7.25", made["created_at"])
    assert now["updated_at"] == "2026-03-03T09:00:00Z"
    told = team.events(action="observation.recorded")[0]
    row = lambda value: {made["kpi_id"]: {"tool": [[made["id"], acme, "2026-02-02", "2026-02-09", value]]}}  # noqa: E731
    assert told["before"] == {"observations": row("5")}
    assert told["after"] == {"recorded": 0, "corrected": 1, "observations": row("7.25")}
    assert told["subject"] == {"kind": "observation", "id": made["id"]}
    assert team.untold() == ()


def test_many_are_recorded_in_one_event_all_or_none(team, acme, tool):
    define(team, "reach")
    other = old(team, "other")
    many = [saying(one, kpi=kpi) for one in (acme, "x:other") for kpi in ("posts", "reach")]
    see(team, acme, "1")
    done = team.want(201, "POST", SEEN, body={"items": [*many, many[1]]}, bearer=tool)
    assert done == {"recorded": 3, "corrected": 1, "unchanged": 1}
    assert team.want(200, "POST", SEEN, body={"items": many}, bearer=tool) == {
        "recorded": 0,
        "corrected": 0,
        "unchanged": 4,
    }
    first, second = reversed(team.events(action="observation.recorded"))
    assert (second["after"]["recorded"], second["after"]["corrected"]) == (3, 1)
    assert len({row["account_id"] for row in team.get(SEEN, "boss")["items"]}) == len({acme, other})
    assert team.untold() == ()


def test_everything_that_is_wrong_is_named(team, acme):
    ratio_parts = define(team, "reach"), ratio(team, "rate", "posts", "reach")
    assert ratio_parts
    define(team, "old")
    team.post(f"{KPIS}/old/retire", "boss", WHY)
    items = [
        saying(acme), saying("x:nobody"), saying(str(uuid4())), saying(acme, kpi="nope"), saying(acme, kpi="rate"),
        saying(acme, kpi="old", period_from="2026-03-02", period_until="2026-03-03"), saying(acme, kpi="old"),
        saying(acme, period_until="2026-02-02"), saying(acme, period_until="2026-03-04"), saying("nobody:a"),
    ]  # fmt: skip
    told = team.post(SEEN, "boss", {"items": items}, 422)
    assert {(one["pointer"], one["code"]) for one in told["errors"]} == {
        ("/items/1/account_id", "unknown_account"), ("/items/2/account_id", "unknown_account"),
        ("/items/3/kpi_id", "unknown_kpi"), ("/items/4/kpi_id", "not_measured"), ("/items/5/kpi_id", "kpi_retired"),
        ("/items/7/period_until", "ends_before_it_begins"), ("/items/8/period_until", "in_the_future"),
        ("/items/9/account_id", "unknown_account"),
    }  # fmt: skip
    told = team.post(SEEN, "boss", {"items": [saying(acme), saying(acme, "6")]}, 422)
    assert [(one["pointer"], one["code"]) for one in told["errors"]] == [("/items/1", "differing_items")]
    assert team.get(SEEN, "boss")["items"] == [] and actions(team, "observation.") == []


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"value": 5}, "/value"), ({"value": "1e3"}, "/value"), ({"value": "5.0001"}, "/value"), ({"value": None}, "/value"),
        ({"value": "123456789012"}, "/value"), ({"source": "My tool"}, "/source"), ({"source": ""}, "/source"),
        ({"period_from": "2026-02-30"}, "/period_from"), ({"period_from": "1999-12-01"}, "/period_until"),
        ({"account_id": 7}, "/account_id"), ({"more": 1}, "/more"), ({"kpi_id": "k" * 201}, "/kpi_id"),
    ],
)  # fmt: skip
def test_a_bad_observation_is_refused_by_its_member(team, acme, bad, pointer):
    for body, before in ((saying(acme) | bad, ""), ({"items": [saying(acme), saying(acme) | bad]}, "/items/1")):
        told = team.post(SEEN, "boss", body, 422)
        assert [one["pointer"] for one in told["errors"]] == [before + pointer]


def test_how_many_are_taken_at_once(team, acme):
    assert team.post(SEEN, "boss", {"items": []}, 422)["errors"][0]["pointer"] == "/items"
    assert team.post(SEEN, "boss", {"items": [saying(acme)] * 1001}, 422)["errors"][0]["pointer"] == "/items"
    assert team.post(SEEN, "boss", {"items": [saying(acme)] * 1000}, 201)["unchanged"] == 999


def test_days_that_would_be_counted_twice_are_refused(team, acme):
    see(team, acme)
    for since, until in (("2026-02-08", "2026-02-15"), ("2026-02-01", "2026-03-01"), ("2026-02-02", "2026-02-08")):
        told = see(team, acme, period_from=since, period_until=until, status=409)
        assert (told["code"], told["errors"][0]["pointer"]) == ("overlapping_period", "/period_from")
    items = [saying(acme, period_from="2026-02-09", period_until="2026-02-16"), saying(acme, period_from="2026-02-01")]
    told = team.post(SEEN, "boss", {"items": items}, 409)
    assert [one["pointer"] for one in told["errors"]] == ["/items/1/period_from"]
    see(team, acme, period_from="2026-02-08", period_until="2026-02-15", source="other")
    assert len(team.get(SEEN, "boss")["items"]) == 2


def test_posts_show_that_an_account_is_alive(team, acme, tool):
    alive = lambda: team.get(f"/v1/accounts/{acme}", "asker")["last_activity_at"]  # noqa: E731
    define(team, "reach")
    see(team, acme, "9", "reach")
    see(team, acme, "0", period_from="2026-02-16", period_until="2026-02-23")
    assert alive() is None
    see(team, acme)
    assert alive() == "2026-02-09T00:00:00Z"
    see(team, acme, period_from="2026-01-05", period_until="2026-01-12")
    assert alive() == "2026-02-09T00:00:00Z"
    see(team, acme, period_from="2026-02-23", period_until="2026-03-03")
    assert alive() == "2026-03-02T09:00:00Z"  # now: the day is not over
    assert actions(team, "account.activity") == ["account.activity_recorded"] * 2
    assert team.untold() == ()


def test_what_is_archived_does_not_come_back_to_life(team):
    define(team, activity=True)
    gone = old(team, "gone", state="archived")
    see(team, gone)
    assert team.get(f"/v1/accounts/{gone}", "asker")["last_activity_at"] is None


def test_a_tool_records_activity(team, acme, tool):
    told = team.want(200, "POST", f"/v1/accounts/{acme}/activity", body={"at": "2026-02-20T00:00:00Z"}, bearer=tool)
    assert told["last_activity_at"] == "2026-02-20T00:00:00Z"
    for path in ("validate", "suspend"):
        team.want(403, "POST", f"/v1/accounts/{acme}/{path}", body={}, bearer=tool)
    team.want(403, "GET", SEEN, bearer=tool)


def test_who_records_and_who_sees_what(team, acme):
    theirs, mine = old(team, "theirs", "logistics"), old(team, "mine", "logistics", steward_id=team.ids["asker"])
    team.hire("analyst", "Sales")
    team.appoint("analyst", "social_analyst", "sales")
    see(team, acme, who="liaison")
    see(team, acme, who="analyst", period_from="2026-01-05", period_until="2026-01-12")
    for who in ("liaison", "analyst"):
        told = team.post(SEEN, who, {"items": [saying(acme), saying(theirs)]}, 403)
        assert [one["pointer"] for one in told["errors"]] == ["/items/1/account_id"]
    for who in ("asker", "hub", "content", "auditor"):
        see(team, acme, who=who, status=403)
    see(team, theirs, who="otherliaison")
    see(team, mine)
    seen = lambda who: [one["account_id"] for one in team.get(SEEN, who)["items"]]  # noqa: E731
    everything = [acme, acme, theirs, mine]
    expected = {
        "boss": everything,
        "content": everything,
        "auditor": everything,
        "hub": everything,
        "analyst": everything,
    }
    expected |= {"liaison": [acme, acme], "otherliaison": [theirs, mine], "asker": [mine], "colleague": [], "admin": []}
    for who, ids in expected.items():
        assert seen(who) == ids, who


def test_observations_are_listed_by_account_kpi_source_and_days(team, acme):
    define(team, "reach")
    see(team, acme)
    see(team, acme, "9", "reach", source="other")
    see(team, acme, "1", period_from="2026-02-09", period_until="2026-02-16")
    values = lambda query: [one["value"] for one in team.get(f"{SEEN}?{query}", "boss")["items"]]  # noqa: E731
    assert values("account_id=x:acme") == values(f"account_id={acme}") == ["5", "9", "1"]
    assert (values("kpi_id=reach"), values("source=tool"), values("account_id=x:nobody")) == (["9"], ["5", "1"], [])
    assert (values("from=2026-02-03"), values("until=2026-02-09"), values("kpi_id=nope")) == (["1"], ["5", "9"], [])
    assert values("sort=-period_from")[0] == "1"
    team.get(f"{SEEN}?since=2026-02-03", "boss", 422)


# --- comparing ------------------------------------------------------------------------------------------------------


def compare(team, kpi="posts", by="network", who="boss", query=FEBRUARY, status=200):
    return team.get(f"/v1/measurement/comparison?kpi_id={kpi}&by={by}&{query}", who, status)


def groups(told):
    return {one["key"]: one["value"] for one in told["groups"]}


def test_units_networks_and_functions_are_compared(team, acme):
    sales = team.want(200, "PATCH", "/v1/business-units/sales", "boss", {"function": "sales"})
    team.post("/v1/business-units", "boss", {"key": "shops", "name": "Shops", "parent_id": sales["id"]}, 201)
    clip, far = old(team, "clip", "shops", "tiktok"), old(team, "far", "logistics")
    for account, value in ((acme, "5"), (clip, "2.5"), (far, "3")):
        see(team, account, value)
    assert groups(compare(team)) == {"tiktok": "2.5", "x": "8"}
    assert groups(compare(team, by="business_unit")) == {"logistics": "3", "sales": "7.5"}
    assert groups(compare(team, by="business_unit", query=f"{FEBRUARY}&business_unit_id=sales")) == {
        "sales": "5",
        "shops": "2.5",
    }
    told = compare(team, by="function")
    assert groups(told) == {"sales": "7.5", None: "3"}
    assert (told["kpi"], told["by"], told["from"], told["until"]) == ("posts", "function", "2026-02-01", "2026-03-01")
    whole = told["groups"][0]
    assert (whole["accounts"], whole["accounts_without_data"], whole["sources"]) == (2, 0, ["tool"])
    assert codes(whole) == codes(told) == ["partial_coverage"]
    exact = compare(team, query="from=2026-02-02&until=2026-02-09")
    assert codes(exact) == [] and all(codes(one) == [] for one in exact["groups"])


def test_what_cannot_be_compared_is_said(team, acme):
    define(team, "reach")
    define(team, "followers", over_time="latest", across_accounts="none")
    ratio(team, "rate", "posts", "reach")
    other, far = old(team, "other"), old(team, "far", "logistics")
    week = "from=2026-02-02&until=2026-02-09"
    assert codes(compare(team, query=week)) == ["no_data"] and groups(compare(team, query=week)) == {"x": None}
    see(team, acme, "5")
    part = compare(team, query=week)["groups"][0]
    assert (part["value"], part["accounts"], part["accounts_without_data"], codes(part)) == (
        "5",
        3,
        2,
        ["partial_coverage"],
    )
    see(team, far, "3", source="other")
    see(team, other, "0")
    assert codes(compare(team, by="business_unit", query=week)) == ["different_sources"]
    for account, value in ((acme, "900"), (other, "500"), (far, "7")):
        see(team, account, value, "followers")
    told = compare(team, "followers", "business_unit", query=week)
    assert groups(told) == {"logistics": "7", "sales": None} and codes(told) == ["not_additive"]
    sales = next(one for one in told["groups"] if one["key"] == "sales")
    assert [(one["name"], one["value"]) for one in sales["listed"]] == [("x:acme", "900"), ("x:other", "500")]
    for account, value in ((acme, "40"), (other, "0"), (far, "0")):
        see(team, account, value, "reach")
    told = compare(team, "rate", "business_unit", query=week)
    assert groups(told) == {"logistics": None, "sales": "12.5"} and "denominator_zero" in codes(told)
    parts = {one["key"]: one["parts"] for one in told["groups"]}
    assert parts == {
        "sales": {"numerator": "5", "denominator": "40"},
        "logistics": {"numerator": "3", "denominator": "0"},
    }


def test_only_what_one_may_see_is_counted(team, acme):
    far = old(team, "far", "logistics", steward_id=team.ids["asker"])
    see(team, acme, "5")
    see(team, far, "3")
    for who, value in {"boss": "8", "hub": "8", "liaison": "5", "otherliaison": "3", "asker": "3"}.items():
        assert groups(compare(team, who=who)) == {"x": value}, who
    assert compare(team, who="colleague")["groups"] == [] and codes(compare(team, who="colleague")) == ["no_data"]
    team.get(f"/v1/measurement/series?kpi_id=posts&account_id={acme}&{FEBRUARY}", "asker", 403)
    team.get(f"/v1/measurement/series?kpi_id=posts&account_id={far}&{FEBRUARY}", "asker")


def test_an_account_counts_while_it_was_official_and_what_reaches_beyond_is_left_out(team, acme):
    old(team, "former", official_until=datetime(2026, 1, 20, tzinfo=UTC))
    team.account("later", official_from=datetime(2026, 3, 1, tzinfo=UTC))
    see(team, acme, "5")
    see(team, acme, "9", period_from="2026-02-26", period_until="2026-03-02")
    told = compare(team)["groups"][0]
    assert (told["value"], told["accounts"]) == ("5", 1)
    assert compare(team, query="from=2026-01-01&until=2026-03-03")["groups"][0]["accounts"] == 3


def test_a_series_goes_step_by_step(team, acme):
    for n, day in enumerate(("2026-01-26", "2026-02-02", "2026-02-16"), start=1):
        see(team, acme, str(n), period_from=day, period_until=(date.fromisoformat(day) + timedelta(days=7)).isoformat())
    path = f"/v1/measurement/series?kpi_id=posts&{FEBRUARY}"
    told = team.get(f"{path}&step=week&account_id=x:acme", "boss")
    assert (told["kpi"], told["step"]) == ("posts", "week")
    values = [(one["from"], one["value"]) for one in told["items"]]
    assert values == [
        ("2026-01-26", "1"), ("2026-02-02", "2"), ("2026-02-09", None), ("2026-02-16", "3"), ("2026-02-23", None)
    ]  # fmt: skip
    assert codes(told["items"][2]) == ["no_data"] and codes(told["items"][0]) == []
    months = team.get(f"{path}&business_unit_id=sales", "boss")["items"]
    assert [(one["from"], one["until"], one["value"]) for one in months] == [("2026-02-01", "2026-03-01", "5")]
    team.get(f"{path}&business_unit_id=sales&account_id=x:acme", "boss", 422)
    for wrong in ("account_id=x:nobody", "business_unit_id=nope"):
        team.get(f"{path}&{wrong}", "boss", 404)


def test_bad_questions(team, acme):
    compare(team, "nope", status=404)
    compare(team, query=f"{FEBRUARY}&business_unit_id=nope", status=404)
    for query in (
        "from=2026-02-01&until=2026-02-01",
        "from=2000-01-01&until=2026-02-01",
        "from=x&until=2026-02-01",
        "until=2026-02-01",
    ):
        compare(team, query=query, status=422)
    compare(team, by="colour", status=422)
    team.get("/v1/measurement/series?kpi_id=posts&from=2020-01-01&until=2026-01-01&step=week", "boss", 422)


# --- what statements add up is what adding up by hand gives ---------------------------------------------------------


def by_hand(over_time, rows, window):
    """(account, source) -> (total, days, last), of whole periods; what the statements are held against."""
    found = defaultdict(list)
    for account, source, since, until, value in rows:
        begun = until > window.since if over_time is OverTime.LATEST else since >= window.since
        if begun and until <= window.until:
            found[account, source].append((until, (until - since).days, value))
    told = {}
    for key, some in found.items():
        days = sum(days for _, days, _ in some)
        total = {
            OverTime.SUM: sum(value for *_, value in some),
            OverTime.MEAN: sum(value * days for _, days, value in some),
            OverTime.LATEST: max(some)[2],
        }[over_time]
        told[key] = (total, 0 if over_time is OverTime.LATEST else days, max(some)[0])
    return told


def rows_of(random, ids):
    for account in ids:
        for source in random.sample(["a", "b", "c"], random.randint(0, 3)):
            day = date(2025, 12, 20) + timedelta(days=random.randint(0, 20))
            for _ in range(random.randint(0, 8)):
                until = day + timedelta(days=random.randint(1, 12))
                yield account, source, day, until, Decimal(random.randint(-(10**13), 10**13)).scaleb(-3)
                day = until + timedelta(days=random.choice((0, 0, 3)))


def put(team, kpi, rows):
    with team.work() as work:
        of = accounts.accounts(work.session, {row[0] for row in rows})
        said = [Stated(of[account], kpi, since, until, value, source) for account, source, since, until, value in rows]
        recording.write(work, said, recording.sort_out(work, said))


@pytest.mark.parametrize("over_time", list(OverTime))
def test_statements_add_up_as_a_person_would(team, over_time):
    define(team, over_time=over_time)
    ids = [UUID(old(team, f"acme{n}")) for n in range(6)]
    random = Random(f"measure {over_time}")
    rows = list(rows_of(random, ids))
    random.shuffle(rows)
    with team.work(write=False) as work:
        kpi = kpis.kpi(work.session, "posts")
    for start in range(0, len(rows), 17):  # in parts, so that the order of recording differs from that of the days
        put(team, kpi, rows[start : start + 17])
    with team.work(write=False) as work:
        for window in (Window(date(2025, 12, 1), date(2026, 6, 1)), Window(date(2026, 1, 5), date(2026, 1, 25))):
            found = store.tallies(work.session, kpi, window)
            told = {(one.account_id, one.source): (one.total, one.days, one.last) for one in found}
            assert told == by_hand(over_time, rows, window) and told
    assert team.untold() == ()


def test_splitting_a_period_changes_neither_sum_nor_mean(team, acme):
    define(team, "pace", over_time="mean", unit="seconds", across_accounts="mean")
    other = old(team, "other")
    halves = (("2026-02-02", "2026-02-05", "2", "8"), ("2026-02-05", "2026-02-09", "3", "8"))
    see(team, acme, "5")
    see(team, acme, "8", "pace")
    for since, until, posts, pace in halves:
        see(team, other, posts, period_from=since, period_until=until)
        see(team, other, pace, "pace", period_from=since, period_until=until)
    with team.work(write=False) as work:
        for key, value in (("posts", 5), ("pace", 8)):
            kpi = kpis.kpi(work.session, key)
            said = rules.chosen(
                kpi.over_time, store.tallies(work.session, kpi, Window(date(2026, 2, 2), date(2026, 2, 9)))
            )
            assert {one.value for one in said.values()} == {value} and {one.days for one in said.values()} == {7}
            assert len(said) == 2


def test_the_greatest_figures_are_added_without_loss(team, acme):
    """SQLite adds in 64 bits."""
    define(team, "pace", over_time="mean")
    most = "99999999999.999"
    with team.work(write=False) as work:
        pace = kpis.kpi(work.session, "pace")
    day = date(2000, 1, 1)
    put(
        team,
        pace,
        [
            (UUID(acme), "tool", day + n * timedelta(days=366), day + (n + 1) * timedelta(days=366), Decimal(most))
            for n in range(26)
        ],
    )
    with team.work(write=False) as work:
        (found,) = store.tallies(work.session, pace, Window(day, date(2026, 3, 1)))
    assert found.total == Decimal(most) * 26 * 366 and found.total / found.days == Decimal(most)


# --- targets --------------------------------------------------------------------------------------------------------


def aim(team, kind="enterprise", id_=None, value="10", *, status=201, who="boss", kpi="posts", **more):
    scope = {"kind": kind, **({"id": id_} if id_ else {})}
    return team.post(AIMS, who, {"kpi_id": kpi, "scope": scope, "value": value, **WEEK, **more}, status)


def test_a_target_tells_what_was_reached_and_whether_that_is_enough(team, acme):
    see(team, acme, "5")
    far = old(team, "far", "logistics")
    see(team, far, "5")
    whole = aim(team)
    assert (whole["actual"], whole["met"], codes(whole)) == ("10", "yes", [])
    unit = aim(team, "business_unit", "sales", note="As planned.")
    assert (unit["actual"], unit["met"], unit["note"]) == ("5", "no", "As planned.")
    one = aim(team, "account", "x:far", "5")
    assert (one["met"], one["scope"]) == ("yes", {"kind": "account", "id": far})
    running = aim(team, value="1", period_from="2026-03-01", period_until="2026-04-01")
    assert (running["actual"], running["met"], codes(running)) == (None, "open", ["no_data"])
    never = aim(team, period_from="2026-01-05", period_until="2026-01-12")
    assert (never["actual"], never["met"]) == (None, "not_computable")
    listed = team.get(AIMS, "boss")["items"]
    assert [one["met"] for one in listed] == ["yes", "no", "yes", "open", "not_computable"]
    assert team.get(f"{AIMS}/{unit['id']}", "boss") == unit == listed[1]
    ids = lambda query: [one["id"] for one in team.get(f"{AIMS}?{query}", "boss")["items"]]  # noqa: E731
    assert ids("scope_kind=account") == ids(f"account_id={far}") == [one["id"]]
    assert ids("kpi_id=nope") == [] and len(ids("kpi_id=posts")) == 5
    assert team.untold() == ()


def test_a_target_is_taken_away(team, acme):
    made = aim(team, note="As planned.")
    assert aim(team, value="3", status=409)["code"] == "target_exists"
    team.want(412, "DELETE", f"{AIMS}/{made['id']}", "boss", headers={"If-Match": '"7"'})
    assert team.call("DELETE", f"{AIMS}/{made['id']}", "boss2").status_code == 204
    for method in ("GET", "DELETE"):
        team.want(404, method, f"{AIMS}/{made['id']}", "boss")
    aim(team, value="3")
    assert actions(team, "target.") == ["target.set", "target.removed", "target.set"]
    removed = team.events(action="target.removed")[0]
    assert removed["before"]["note"] == "As planned." and removed["before"]["value"] == "10"
    assert team.untold() == ()


@pytest.mark.parametrize("kind", ["enterprise", "business_unit", "account"])
def test_there_is_one_target_for_the_same(team, acme, kind):
    id_ = {"enterprise": None, "business_unit": "sales", "account": acme}[kind]
    aim(team, kind, id_)
    assert aim(team, kind, id_, "11", status=409)["code"] == "target_exists"
    aim(team, kind, id_, period_until="2026-02-16")


def test_what_is_no_target(team, acme):
    wrong = [
        ({"kind": "enterprise", "id_": "sales"}, "/scope/id"), ({"kind": "account"}, "/scope/id"),
        ({"kind": "account", "id_": "x:nobody"}, "/scope/id"), ({"kind": "business_unit", "id_": "nope"}, "/scope/id"),
        ({"kpi": "nope"}, "/kpi_id"), ({"value": "ten"}, "/value"), ({"period_until": "2026-02-02"}, "/period_until"),
        ({"period_until": "2032-02-02"}, "/period_until"),
    ]  # fmt: skip
    for more, pointer in wrong:
        assert aim(team, **more, status=422)["errors"][0]["pointer"] == pointer, more
    team.post(f"{KPIS}/posts/retire", "boss", WHY)
    assert aim(team, status=409)["code"] == "kpi_retired"
    define(team, "reach")
    team.post("/v1/business-units", "boss", {"key": "shut", "name": "Shut"}, 201)
    team.post("/v1/business-units/shut/close", "boss", WHY)
    assert aim(team, "business_unit", "shut", kpi="reach", status=409)["code"] == "business_unit_closed"


def test_who_aims_and_who_sees_targets(team, acme):
    mine = old(team, "mine", "logistics", steward_id=team.ids["asker"])
    made = {
        "enterprise": aim(team)["id"], "sales": aim(team, "business_unit", "sales", who="liaison")["id"],
        "logistics": aim(team, "business_unit", "logistics")["id"], "acme": aim(team, "account", acme, who="liaison")["id"],
        "mine": aim(team, "account", mine, who="otherliaison")["id"],
    }  # fmt: skip
    for kind, id_ in (("enterprise", None), ("business_unit", "logistics"), ("account", mine)):
        aim(team, kind, id_, who="liaison", status=403, period_until="2026-02-08")
    aim(team, who="content", status=403)
    seen = {
        "boss": set(made), "auditor": set(made), "content": set(made), "hub": set(made), "liaison": {"sales", "acme"},
        "otherliaison": {"logistics", "mine"}, "asker": {"mine"}, "colleague": set(), "admin": set(),
    }  # fmt: skip
    for who, names in seen.items():
        assert {one["id"] for one in team.get(AIMS, who)["items"]} == {made[name] for name in names}, who
        for name, id_ in made.items():
            team.get(f"{AIMS}/{id_}", who, 200 if name in names else 404)
    team.want(403, "DELETE", f"{AIMS}/{made['mine']}", "asker")
    team.want(404, "DELETE", f"{AIMS}/{made['enterprise']}", "liaison")
    team.hire("manager", "Sales")
    team.appoint("manager", "community_manager", network="x")
    assert {one["id"] for one in team.get(AIMS, "manager")["items"]} == {made["acme"], made["mine"]}
