"""Files of sightings: at the command line, over HTTP, good ones, bad ones, and the same one twice."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.clients import service as clients
from app.imports.discoveries import api
from app.imports.discoveries.rules import listed as row_of
from app.imports.rules import Fault
from app.imports.service import FileRefused, import_discoveries
from app.networks.rules import known

from .bench import Bench, counts, text
from .test_runs import coe, spooled

PATH = "/v1/discoveries/import"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NETWORKS = {one.key: one for one in known()}


@pytest.fixture
def bench(team, tmp_path):
    made = Bench(team.house, tmp_path / "seen.csv")
    made.sightings = lambda content, **options: made._load(import_discoveries, content, **options)
    return made


@pytest.fixture
def vendor(team):
    with team.work() as work:
        made = clients.create_client(work, "Monitoring", ["registry:write"], static=True)
    team.ids["vendor"] = UUID(made.client_id)
    return made.bearer


def seen(handle="acme", **more):
    return {"network": "x", "handle": handle, "source": "Vendor", "seen_at": "2026-02-01", "active": "no", **more}


def upload(team, content, bearer=None, who=None, *, media_type="text/csv", data=None, headers=None):
    body = content if isinstance(content, str | bytes) else text(content)
    files = {"file": ("seen.csv", body, media_type)}
    return team.call("POST", PATH, who, bearer=bearer, files=files, data=data, headers=headers)


def held(team):
    items = team.get("/v1/discoveries?limit=200", "boss")["items"]
    return {f"{one['network']}:{one['handle']}": one for one in items}


# --- what a row says ------------------------------------------------------------------------------------------------


def row(**more):
    return row_of({**seen(), **more}, NETWORKS, NOW)


def test_a_row_says_all_that_one_call_does():
    one = row(
        handle="@Acme", seen_at="2026-02-01T10:00:00+01:00", active="Yes", followers="12", display_name="Acme",
        evidence_url="https://a.example/1", note="Two\nlines.", business_unit="Sales",
    )  # fmt: skip
    assert one.seen.said == ("x", "acme", "Vendor", datetime(2026, 2, 1, 9, tzinfo=UTC))
    assert (one.seen.active, one.seen.followers, one.seen.display_name) == (True, 12, "Acme")
    assert (one.seen.evidence_url, one.seen.note, one.business_unit) == ("https://a.example/1", "Two\nlines.", "sales")
    assert one.stated({"sales": UUID(int=7)}).unit_id == UUID(int=7)
    assert row(network="", handle="", url="https://twitter.com/ACME").key == row(handle="ACME").key
    assert row(handle="acme", note="x").key == row().key and row(note="x").says != row().says


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"network": "nope"}, "unknown_network"), ({"network": "", "handle": "", "url": "https://nowhere.example/a"}, "unknown_network"),
        ({"handle": ""}, "handle_missing"), ({"network": ""}, "handle_missing"),
        ({"network": "", "url": "https://x.com/acme"}, "handle_missing"), ({"handle": "a b"}, "bad_character"),
        ({"source": ""}, "source_missing"), ({"seen_at": ""}, "seen_at_missing"), ({"seen_at": "01/02/2026"}, "bad_seen_at"),
        ({"seen_at": "2026-03-03"}, "bad_seen_at"), ({"seen_at": "2026-02-01T10:00"}, "bad_seen_at"), ({"active": "maybe"}, "bad_active"),
        ({"followers": "-1"}, "bad_followers"), ({"followers": "12.5"}, "bad_followers"), ({"followers": "\u0661"}, "bad_followers"),
        ({"followers": "9" * 5000}, "bad_followers"), ({"followers": "2000000001"}, "bad_followers"),
        ({"evidence_url": "javascript:x"}, "bad_evidence_url"), ({"note": "a\u202eb"}, "bad_note"), ({"display_name": "a\u202eb"}, "bad_display_name"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_a_fault(bad, code):
    with pytest.raises(Fault) as refused:
        row(**bad)
    assert refused.value.code == code


# --- a file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_loaded_and_the_same_again_writes_nothing(team, bench):
    team.account("ours")
    rows = [
        seen(), seen(seen_at="2026-02-02", active="yes"), seen(source="Another"), seen("ours"), seen("\u0430cme", network="instagram"),
        {**seen("", network=""), "url": "https://www.tiktok.com/@acme"},
    ]  # fmt: skip
    rows = [{"url": "", **one} for one in rows]
    first = bench.sightings(rows)
    assert (first.counts, first.progress[-1]) == (counts(created=4, updated=2), (6, 6))
    assert first.events == 6 + 3  # three are in the register now
    found = held(team)
    assert {name: (one["state"], one["sightings"]) for name, one in found.items()} == {
        "x:acme": ("open", 3), "x:ours": ("known", 1), "instagram:\u0430cme": ("open", 1), "tiktok:acme": ("open", 1),
    }  # fmt: skip
    assert found["x:acme"]["last_active_at"] == "2026-02-02T00:00:00Z"
    again = bench.sightings(rows)
    assert (again.counts, again.events) == (counts(unchanged=6), 0)
    more = bench.sightings([*rows, {"url": "", **seen(seen_at="2026-02-03")}])
    assert (more.counts, more.events) == (counts(updated=1, unchanged=6), 1)
    assert team.untold() == ()


def test_rows_that_say_the_same_twice_or_two_things_at_once(team, bench):
    rows = [
        seen(),
        seen("@ACME"),
        seen("bank"),
        seen("bank", active="yes"),
        seen("cargo", seen_at="2026-02-01T00:00:00Z"),
    ]
    found = bench.sightings(rows)
    assert found.counts == counts(created=2, unchanged=1, rejected=2)
    assert found.codes == {4: "differing_rows", 5: "differing_rows"} and set(held(team)) == {"x:acme", "x:cargo"}


def test_the_unit_that_it_seems_to_be_of_is_known_or_the_row_rejected(team, bench):
    rows = [
        seen("one", business_unit="Sales"),
        seen("two", business_unit="sales"),
        seen("three", business_unit="Nowhere"),
    ]
    found = bench.sightings(rows)
    assert (found.counts, found.codes) == (counts(created=2, rejected=1), {4: "unknown_business_unit"})
    assert {one["handle"] for one in team.get("/v1/discoveries", "liaison")["items"]} == {"one", "two"}


def test_what_was_said_of_it_is_not_a_files_to_take_back(team, bench):
    bench.sightings([seen()])
    (one,) = held(team).values()
    team.post(f"/v1/discoveries/{one['id']}/dispute", "hub", {"reason": "It is not ours."})
    bench.sightings([seen(seen_at="2026-03-02T09:00:00Z", active="yes")])
    assert held(team)["x:acme"]["state"] == "disputed" and held(team)["x:acme"]["sightings"] == 2


def test_many_rows_are_written_in_parts(team, bench):
    rows = [seen(f"acme_{n % 110}", seen_at=f"2026-02-{1 + n // 110:02}") for n in range(220)]
    first = bench.sightings(rows)
    assert first.counts == counts(created=110, updated=110)
    assert len(held(team)) == 110 and {one["sightings"] for one in held(team).values()} == {2}
    assert team.untold() == ()


def test_a_file_that_cannot_be_relied_on_is_refused_whole(team, bench):
    for bad in ("network,handle\nx,acme\n", "handle,source\nacme,Vendor\n", "", "network;handle;source;seen_at\n"):
        with pytest.raises(FileRefused):
            bench.sightings(bad)
    with pytest.raises(FileRefused, match="More than 2 rows"):
        bench.sightings([seen("a_1"), seen("a_2"), seen("a_3")], most=2)
    assert held(team) == {}


# --- over HTTP ------------------------------------------------------------------------------------------------------


def test_an_upload_is_loaded_while_its_sender_waits(team, vendor):
    answer = upload(team, [seen(), seen("bad handle")], vendor)
    assert answer.status_code == 200
    told = answer.json()
    assert {name: told[name] for name in ("created", "updated", "unchanged", "rejected")} == {
        "created": 1, "updated": 0, "unchanged": 0, "rejected": 1
    }  # fmt: skip
    assert [(one["line"], one["code"]) for one in told["rejects"]] == [(3, "bad_character")]
    assert int(answer.headers["coe-revision"]) == team.intact()
    (event,) = team.events(action="discovery.recorded")
    assert event["actor"] == {"kind": "client", "id": str(team.ids["vendor"]), "roles": ["registry:write"]}
    again = upload(team, [seen()], vendor)
    assert again.json()["unchanged"] == 1 and "coe-revision" not in again.headers
    assert spooled(team) == []


def test_who_may_not_record_may_not_upload(team):
    for who in ("asker", "liaison", "auditor", "content", "admin"):
        assert upload(team, [seen()], who=who).status_code == 403
    assert upload(team, [seen()], who="hub").json()["created"] == 1


@pytest.mark.parametrize(
    ("content", "media_type", "data", "status"),
    [
        (b"\x1f\x8b", "text/csv", None, 415), ("network,handle\n", "text/csv", None, 422), ("x", "application/json", None, 415),
        ("network,handle,source,seen_at\n", "text/csv", {"kind": "x"}, 422),
    ],
)  # fmt: skip
def test_a_bad_upload_is_refused(team, vendor, content, media_type, data, status):
    assert upload(team, content, vendor, media_type=media_type, data=data).status_code == status
    assert held(team) == {}


def test_it_is_an_upload_and_nothing_else_is():
    assert api.is_upload("POST", PATH) and not api.is_upload("POST", "/v1/discoveries")


def test_at_the_command_line(team, tmp_path):
    file = tmp_path / "seen.csv"
    file.write_text(text([seen(), seen("bad handle")]))
    done = coe(team, "import", "discoveries", str(file), cwd=tmp_path)
    assert done.returncode == 1 and "1 created, 0 updated, 0 unchanged, 0 left, 1 rejected" in done.stdout, done.stderr
    assert "bad_character" in done.stderr
    (run,) = team.get("/v1/directory/imports", "admin")["items"]
    assert (run["kind"], run["state"]) == ("discoveries", "done")
