"""What the rows of files of sightings and of observations say: rules as plain calls."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app.discoveries.rules import AHEAD, MOST_FOLLOWERS
from app.imports.discoveries import rules as sightings
from app.imports.observations import rules as observations
from app.imports.rules import Fault
from app.measurement.observations.rules import Named
from app.networks.rules import known

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
NETWORKS = {one.key: one for one in known()}
SALES = UUID(int=1)
SEEN = {
    "network": "X", "handle": "@Acme", "url": "", "source": "Vendor", "seen_at": "2026-03-01T08:00:00Z", "active": " YES",
    "display_name": "Acme", "followers": "12", "evidence_url": "https://a.example/b", "note": "One.\r\nTwo.",
    "business_unit": " Sales",
}  # fmt: skip


def seen(**cells):
    return sightings.listed({**SEEN, **cells}, NETWORKS, NOW)


def fault(call, *words, **cells):
    with pytest.raises(Fault) as found:
        call(*words, **cells)
    return found.value.code, found.value.message


# --- sightings --------------------------------------------------------------------------------------------------------


def test_a_row_of_a_sighting_says_all_of_this():
    found = seen()
    one = found.seen
    assert (one.network, one.handle.canonical, one.source) == ("x", "acme", "Vendor")
    assert (one.seen_at, one.active, one.display_name) == (datetime(2026, 3, 1, 8, tzinfo=UTC), True, "Acme")
    assert (one.followers, one.evidence_url, one.note) == (12, "https://a.example/b", "One.\nTwo.")
    assert (one.unit_id, found.business_unit) == (None, "sales")
    stated = found.stated({"sales": SALES})
    assert stated.unit_id == SALES and stated.said == one.said
    same = ("active", "display_name", "followers", "evidence_url", "note")
    assert [getattr(stated, name) for name in same] == [getattr(one, name) for name in same]


def test_of_an_empty_cell_nothing_is_said():
    few = {"network": "x", "handle": "acme", "source": "Vendor", "seen_at": "2026-03-01"}
    found = sightings.listed(few, NETWORKS, NOW)
    one = found.seen
    assert (one.active, one.display_name, one.followers, one.evidence_url, one.note) == (False, None, None, None, None)
    assert found.business_unit is None and found.stated({}) == one
    assert one.seen_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_two_rows_of_one_sighting_and_whether_they_say_the_same():
    first = seen()
    assert first.key == "x\nacme\nVendor\n2026-03-01T08:00:00Z"
    again = seen(network="x", handle="ACME", seen_at="2026-03-01T09:00:00+01:00")
    assert (again.key, again.says) == (first.key, first.says)
    assert first.says == '[true, "Acme", 12, "https://a.example/b", "One.\\nTwo.", "sales"]'


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ({"network": "", "handle": "", "url": "https://x.com/acme"}, ("x", "acme")),
        ({"handle": "", "url": "https://x.com/acme"}, ("x", "acme")),
        ({"url": "https://x.com/acme"}, ("x", "acme")),
    ],
)
def test_by_what_a_row_names_an_account(cells, named):
    assert seen(**cells).seen.named == named


NEITHER = "The row names neither a network and a handle nor an address alone."


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"network": ""}, "handle_missing"), ({"handle": ""}, "handle_missing"), ({"network": "", "handle": ""}, "handle_missing"),
        ({"network": "", "url": "https://x.com/acme"}, "handle_missing"), ({"handle": "a b"}, "bad_character"),
        ({"url": "https://x.com/other"}, "url_mismatch"), ({"network": "nope"}, "unknown_network"),
    ],
)  # fmt: skip
def test_what_names_no_account(cells, code):
    found = fault(seen, **cells)
    assert found[0] == code and (found[1] == NEITHER) is (code == "handle_missing") and len(found[1]) > 4
    if code == "unknown_network":
        assert found[1] == "There is no network nope."


@pytest.mark.parametrize(
    ("cells", "code", "message"),
    [
        ({"source": ""}, "source_missing", "The row does not say who or what saw it."),
        ({"seen_at": ""}, "seen_at_missing", "The row does not say when it was seen."),
        ({"seen_at": "2026-02-30"}, "bad_seen_at", "seen_at: a date must exist and be written YYYY-MM-DD."),
        ({"seen_at": "2026-03-01T08:00"}, "bad_seen_at", "; or a date, YYYY-MM-DD."),
        ({"seen_at": "2026-03-01t08:00"}, "bad_seen_at", "; or a date, YYYY-MM-DD."),
        ({"seen_at": "2026-03-03"}, "bad_seen_at", "seen_at: it lies in the future."),
        ({"active": "maybe"}, "bad_active", "active: it must be yes, no, true, false or empty."),
        ({"followers": "-1"}, "bad_followers", "followers: it must be a whole number of at most 2000000000."),
        ({"followers": str(MOST_FOLLOWERS + 1)}, "bad_followers", "at most 2000000000."),
        ({"followers": "0" * 11}, "bad_followers", "at most 2000000000."),
        ({"followers": "\u0661"}, "bad_followers", "at most 2000000000."),
        ({"evidence_url": "ftp://a.example"}, "bad_evidence_url", "evidence_url: it must be an address"),
        ({"note": "a\u202eb"}, "bad_note", "note: it must not contain"),
        ({"source": "a\u202eb"}, "bad_source", "source: "), ({"business_unit": "x" * 201}, "bad_business_unit", "business_unit: "),
        ({"display_name": "x" * 201}, "bad_display_name", "display_name: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_said(cells, code, message):
    found = fault(seen, **cells)
    assert found[0] == code and message in found[1]


def test_clocks_may_be_ahead_a_little():
    for at in (NOW + AHEAD, NOW - timedelta(days=900)):
        assert seen(seen_at=at.isoformat()).seen.seen_at == at
    late = NOW + AHEAD + timedelta(seconds=1)
    assert fault(seen, seen_at=late.isoformat()) == ("bad_seen_at", "seen_at: it lies in the future.")


@pytest.mark.parametrize(
    ("cell", "active"), [("", False), ("No", False), ("FALSE", False), ("yes", True), ("true ", True)]
)
def test_the_words_for_yes_and_no(cell, active):
    assert seen(active=cell).seen.active is active


@pytest.mark.parametrize(
    ("cell", "followers"), [("", None), ("0", 0), ("007", 7), (str(MOST_FOLLOWERS), MOST_FOLLOWERS)]
)
def test_how_many_follow(cell, followers):
    assert seen(followers=cell).seen.followers == followers


# --- observations -----------------------------------------------------------------------------------------------------

ROW = {
    "account": "x:acme", "kpi": " Posts", "period_from": "2026-02-02", "period_until": "2026-02-09", "value": "5.250",
    "source": "tool",
}  # fmt: skip
SAID = Named("x:acme", "posts", date(2026, 2, 2), date(2026, 2, 9), Decimal("5.250"), "tool")


def observed(**cells):
    return observations.listed({**ROW, **cells}, TODAY)


def test_a_row_of_an_observation_says_all_of_this():
    assert observed() == SAID and observed(source="").source == "file" == observations.SOURCE
    assert observed(account="x" * 700).account == "x" * 700
    without = {name: cell for name, cell in ROW.items() if name != "source"}
    assert observations.listed(without, TODAY).source == "file"


@pytest.mark.parametrize(
    ("cells", "code", "message"),
    [
        ({"account": ""}, "account_missing", "The row does not say its account."),
        ({"kpi": ""}, "kpi_missing", "The row does not say its kpi."),
        ({"period_from": ""}, "period_from_missing", "The row does not say its period_from."),
        ({"period_until": ""}, "period_until_missing", "The row does not say its period_until."),
        ({"account": "x" * 701}, "bad_account", "account: must be at most 700"),
        ({"kpi": "x" * 201}, "bad_kpi", "kpi: must be at most 200"),
        ({"period_from": "2.2.2026"}, "bad_period_from", "period_from: a date"),
        ({"period_until": "9.2.2026"}, "bad_period_until", "period_until: a date"),
        ({"value": "1,5"}, "bad_value", "value: must be a decimal number"), ({"value": ""}, "bad_value", "value: must"),
        ({"source": "x" * 201}, "bad_source", "source: must"), ({"source": "A Tool"}, "key_form", "source: A source is at most"),
        ({"period_until": "2026-02-02"}, "ends_before_it_begins", "period_until: A period ends after it has begun."),
        ({"period_until": "2026-03-04"}, "in_the_future", "period_until: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_observation_is_said(cells, code, message):
    found = fault(observed, **cells)
    assert found[0] == code and found[1].startswith(message)


def test_rows_about_the_same():
    assert observations.key(SAID) == "x:acme\nposts\ntool\n2026-02-02\n2026-02-09"
