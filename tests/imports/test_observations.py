"""Files of observations: at the command line, over HTTP, good ones, bad ones, and the same one twice."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from app.clients import service as clients
from app.imports.observations import api
from app.imports.observations.rules import listed as row_of
from app.imports.rules import Fault
from app.imports.service import FileRefused
from app.measurement.observations import service as recording

from .bench import Bench, counts, text
from .test_runs import coe, spooled

PATH = "/v1/observations/import"
TODAY = date(2026, 3, 2)


@pytest.fixture
def watching(team, tmp_path):
    """A team with two KPIs and two accounts, and a bench to load files on."""
    meaning = {"kind": "measured", "unit": "count", "over_time": "sum", "across_accounts": "sum", "better": "higher"}
    for key in ("posts", "reach"):
        kpi = {"key": key, "title": key, "definition": "What it means.", "activity": key == "posts", **meaning}
        team.post("/v1/kpis", "boss", kpi, 201)
    team.acme, team.far = team.account("acme"), team.account("far", "logistics")
    team.bench = Bench(team.house, tmp_path / "seen.csv")
    return team


@pytest.fixture
def tool(watching):
    with watching.work() as work:
        made = clients.create_client(work, "Figures", ["activity"], static=True)
    watching.ids["tool"] = UUID(made.client_id)
    return made.bearer


def seen(account="x:acme", kpi="posts", value="5", **more):
    days = {"period_from": "2026-02-02", "period_until": "2026-02-09"}
    return {"account": account, "kpi": kpi, **days, "value": value, "source": "tool", **more}


def held(team):
    return [
        (one["kpi_key"], one["period_from"], one["value"], one["source"])
        for one in team.get("/v1/observations?limit=200", "boss")["items"]
    ]


def upload(team, content, bearer=None, who=None, *, data=None, media_type="text/csv", headers=None):
    body = content if isinstance(content, str | bytes) else text(content)
    files = {"file": ("seen.csv", body, media_type)}
    return team.call("POST", PATH, who, bearer=bearer, files=files, data=data, headers=headers)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"account": ""}, "account_missing"), ({"kpi": ""}, "kpi_missing"), ({"period_from": ""}, "period_from_missing"),
        ({"period_until": ""}, "period_until_missing"), ({"value": ""}, "bad_value"), ({"value": "5,0"}, "bad_value"),
        ({"value": "1e3"}, "bad_value"), ({"period_from": "02.02.2026"}, "bad_period_from"),
        ({"period_until": "2026-02-02"}, "ends_before_it_begins"), ({"period_until": "2026-03-04"}, "in_the_future"),
        ({"source": "My Tool"}, "key_form"), ({"account": "x:ac\u202eme"}, "bad_account"),
    ],
)  # fmt: skip
def test_a_bad_row_is_a_fault(bad, code):
    with pytest.raises(Fault) as refused:
        row_of(seen() | bad, TODAY)
    assert refused.value.code == code


def test_a_source_may_be_left_out():
    assert row_of(seen(source=""), TODAY).source == "file" and row_of(seen(kpi=" Posts "), TODAY).kpi == "posts"


def test_a_file_is_loaded_and_the_same_again_writes_nothing(watching):
    rows = [
        seen(),
        seen("x:@ACME", "reach", "7.5"),
        seen(watching.far),
        seen(period_from="2026-02-09", period_until="2026-02-16"),
    ]
    first = watching.bench.observations(rows)
    assert (first.counts, first.codes, first.progress[-1]) == (counts(created=4), {}, (4, 4))
    assert watching.bench.actions()[-3:] == ["observation.recorded", *["account.activity_recorded"] * 2]
    assert sorted(held(watching)) == [
        ("posts", "2026-02-02", "5", "tool"), ("posts", "2026-02-02", "5", "tool"), ("posts", "2026-02-09", "5", "tool"),
        ("reach", "2026-02-02", "7.5", "tool"),
    ]  # fmt: skip
    again = watching.bench.observations(rows)
    assert (again.counts, again.events) == (counts(unchanged=4), 0)
    other = watching.bench.observations([seen(value="6"), *rows[1:]])
    assert (other.counts, other.events) == (counts(updated=1, unchanged=3), 1)
    assert watching.untold() == ()


def test_bad_rows_are_rejected_and_the_rest_is_loaded(watching):
    ratio = {"key": "rate", "title": "Rate", "definition": "x", "kind": "ratio", "unit": "percent", "better": "higher"}
    watching.post("/v1/kpis", "boss", {**ratio, "numerator": "posts", "denominator": "reach"}, 201)
    watching.post("/v1/kpis/reach/retire", "boss", {"reason": "Over."})
    found = watching.bench.observations(
        [
            seen(), seen("x:nobody"), seen(kpi="nope"), seen(kpi="rate"), seen(kpi="reach"),
            seen(kpi="reach", period_from="2026-03-02", period_until="2026-03-03"), seen(value="many"), seen(),
            seen("x:far", value="1"), seen("x:far", value="2"), seen(period_from="2026-02-08", period_until="2026-02-20", source="other"),
            seen("nobody"), seen(watching.acme, value="9"), seen(source="other"),
        ]
    )  # fmt: skip
    assert found.codes == {
        3: "unknown_account", 4: "unknown_kpi", 5: "not_measured", 7: "kpi_retired", 8: "bad_value", 10: "differing_rows",
        11: "differing_rows", 12: "overlapping_period", 13: "unknown_account", 14: "differing_rows",
        15: "overlapping_period",
    }  # fmt: skip
    assert found.counts == counts(created=2, unchanged=1, rejected=11)
    assert held(watching) == [("posts", "2026-02-02", "5", "tool"), ("reach", "2026-02-02", "5", "tool")]


def test_many_rows_go_in_parts(watching, monkeypatch):
    parts = []
    usual = recording.write
    monkeypatch.setattr(
        recording, "write", lambda work, stated, found: parts.append(len(stated)) or usual(work, stated, found)
    )
    day = lambda n: (date(2023, 1, 1) + timedelta(days=n)).isoformat()  # noqa: E731
    rows = [seen(period_from=day(n), period_until=day(n + 1)) for n in range(1001)]
    overlapping = seen(period_from=day(3), period_until=day(5))
    first = watching.bench.observations([*rows, overlapping])
    assert (first.counts, parts) == (counts(created=1001, rejected=1), [500, 500, 1])
    assert first.codes == {1003: "overlapping_period"}
    assert watching.bench.observations(rows).counts == counts(unchanged=1001)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        ("account,kpi,value\nx:acme,posts,1\n", "the header lacks period_from"),
        ("account;kpi;period_from;period_until;value\n", "semicolons"),
    ],
)
def test_a_doubtful_file_is_refused_whole(watching, content, says):
    with pytest.raises(FileRefused, match=says):
        watching.bench.observations(content)
    assert held(watching) == []


def test_an_upload_is_loaded_while_its_sender_waits(watching, tool):
    rows = [seen(), seen("x:nobody"), seen("x:far"), seen(value="soon"), seen()]
    answer = upload(watching, rows, tool, headers={"X-Request-ID": "file-1"})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "recorded": 2, "corrected": 0, "unchanged": 1, "rejected": 2,
            "rejects": [
                {"line": 3, "code": "unknown_account", "message": "There is no account with this id, or of this network and handle."},
                {"line": 5, "code": "bad_value",
                 "message": "value: must be a decimal number of at most 11 digits and 3 places, such as 1234.5."},
            ],
        },
    )  # fmt: skip
    events = watching.events(request_id="file-1")
    assert {(one["actor"]["kind"], one["actor"]["id"]) for one in events} == {("client", str(watching.ids["tool"]))}
    assert int(answer.headers["coe-revision"]) == events[0]["seq"]
    again = upload(watching, [seen(), seen("x:far", value="6")], tool)
    assert (again.json()["corrected"], again.json()["unchanged"]) == (1, 1)
    assert spooled(watching) == [] and watching.untold() == ()


def test_who_may_upload_and_of_which_accounts(watching):
    told = upload(watching, [seen(), seen("x:far")], who="liaison").json()
    assert (told["recorded"], [one["code"] for one in told["rejects"]]) == (1, ["forbidden"])
    for who in ("asker", "hub", "content", "auditor", "admin"):
        assert upload(watching, [seen()], who=who).status_code == 403, who
    assert upload(watching, [seen()]).status_code == 401
    assert upload(watching, [seen("x:far")], who="boss").json()["recorded"] == 1


def test_what_is_no_upload_of_observations(watching, tool, monkeypatch):
    assert upload(watching, [seen()], tool, media_type="application/pdf").status_code == 415
    told = upload(watching, [seen()], tool, data={"complete": "true"})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "/complete")
    monkeypatch.setattr(api, "MOST", 1)
    told = upload(watching, [seen(), seen("x:far")], tool)
    assert (told.status_code, told.json()["code"]) == (422, "file_refused") and "More than 1 rows" in told.json()[
        "detail"
    ]
    assert api.is_upload("POST", PATH) and not api.is_upload("POST", "/v1/observations")
    assert held(watching) == [] and spooled(watching) == []


def test_the_command_loads_a_file_and_its_run_is_written_down(watching, tmp_path):
    (tmp_path / "seen.csv").write_text(text([seen(), seen("x:nobody"), seen("x:far")]))
    first = coe(watching, "import", "observations", "seen.csv", "--rejects", "rejects.csv", cwd=tmp_path)
    assert (first.returncode, first.stdout) == (1, "2 created, 0 updated, 0 unchanged, 0 left, 1 rejected\n"), (
        first.stderr
    )
    assert "line 3: There is no account" in first.stderr
    (run,) = watching.get("/v1/directory/imports", "admin")["items"]
    assert (run["kind"], run["state"], run["summary"]["created"]) == ("observations", "done", 2)
    assert len(held(watching)) == 2
