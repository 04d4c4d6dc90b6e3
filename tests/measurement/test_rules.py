"""What figures come to: by plain calls and by properties that hold for any."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import Account
from app.directory.rules import BusinessUnit
from app.kernel.errors import Invalid
from app.measurement.comparing import rules
from app.measurement.comparing.rules import Doubt, Figure, Group, Member, Remark, Said, Tally, Window
from app.measurement.kpis import rules as kpis
from app.measurement.kpis.rules import AcrossAccounts, Better, Kpi, KpiKind, KpiRetired, KpiUnit, Meaning, OverTime
from app.measurement.observations import rules as observed
from app.measurement.observations.rules import Observation, Stated
from app.measurement.targets import rules as targets
from app.measurement.targets.rules import Met, Target, TargetKind

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
START = date(2026, 1, 1)
FIGURES = st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False)


def kpi(key="posts", **more):
    told = {
        "id": uuid4(), "key": key, "title": key, "definition": "It.", "kind": KpiKind.MEASURED, "numerator": None,
        "denominator": None, "unit": KpiUnit.COUNT, "currency": None, "over_time": OverTime.SUM,
        "across_accounts": AcrossAccounts.SUM, "better": Better.HIGHER, "activity": False, "retired_at": None,
        "created_at": NOW, "updated_at": NOW, "version": 1,
    }  # fmt: skip
    return Kpi(**(told | more))


def quotient(unit=KpiUnit.PERCENT, **more):
    told = {"kind": KpiKind.RATIO, "numerator": "up", "denominator": "down", "over_time": None, "across_accounts": None}
    return kpi("rate", unit=unit, **told, **more)


def member(n, path=(), network="x", since=NOW, until=None):
    return Member(UUID(int=n), network, f"a{n}", path, since, until)


def codes(figure):
    return [one.code for one in figure.remarks]


# --- what a KPI may be ----------------------------------------------------------------------------------------------

MEASURED = {"kind": KpiKind.MEASURED, "unit": KpiUnit.COUNT, "better": Better.HIGHER}
SUMMED = {"over_time": OverTime.SUM, "across_accounts": AcrossAccounts.SUM}
RATIO = {**MEASURED, "kind": KpiKind.RATIO, "numerator": "up", "denominator": "down"}


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        (MEASURED, "/over_time", "required"),
        ({**MEASURED, "over_time": OverTime.SUM}, "/across_accounts", "required"),
        ({**MEASURED, **SUMMED, "numerator": "up"}, "/numerator", "not_of_this_kind"),
        ({**MEASURED, **SUMMED, "denominator": "down"}, "/denominator", "not_of_this_kind"),
        ({**RATIO, "numerator": None}, "/numerator", "required"),
        ({**RATIO, "denominator": None}, "/denominator", "required"),
        ({**RATIO, "over_time": OverTime.SUM}, "/over_time", "not_of_this_kind"),
        ({**RATIO, "across_accounts": AcrossAccounts.SUM}, "/across_accounts", "not_of_this_kind"),
        ({**RATIO, "activity": True}, "/activity", "not_of_this_kind"),
        ({**MEASURED, **SUMMED, "currency": "EUR"}, "/currency", "currency"),
        ({**MEASURED, **SUMMED, "unit": KpiUnit.CURRENCY}, "/currency", "currency"),
        ({**MEASURED, **SUMMED, "unit": KpiUnit.CURRENCY, "currency": "eur"}, "/currency", "currency"),
    ],
)
def test_a_meaning_is_whole_and_of_one_kind(said, pointer, code):
    with pytest.raises(Invalid) as refused:
        kpis.check_meaning(Meaning(**said))
    assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]


def test_sound_meanings():
    for said in (
        {**MEASURED, **SUMMED, "activity": True},
        {**MEASURED, **SUMMED, "unit": KpiUnit.CURRENCY, "currency": "EUR"},
        RATIO,
    ):
        kpis.check_meaning(Meaning(**said))


def test_the_parts_of_a_ratio_are_measured_two_and_of_one_currency():
    euros, kronor = ({"unit": KpiUnit.CURRENCY, "currency": name} for name in ("EUR", "SEK"))
    up, down = kpi("up"), kpi("down")
    kpis.check_parts(Meaning(**RATIO), up, down)
    kpis.check_parts(Meaning(**RATIO, currency="EUR"), kpi("up", **euros), down)
    kpis.check_parts(Meaning(**RATIO), kpi("up", **euros), kpi("down", **euros))
    wrong = [
        (RATIO, quotient(), down, "/numerator", "not_measured"), (RATIO, up, quotient(), "/denominator", "not_measured"),
        (RATIO, up, up, "/denominator", "same_part"),
        (RATIO, kpi("up", **euros), kpi("down", **kronor), "/denominator", "currency_differs"),
        ({**RATIO, "currency": "EUR"}, up, down, "/currency", "currency_differs"),
        ({**RATIO, "currency": "EUR"}, kpi("up", **kronor), down, "/currency", "currency_differs"),
    ]  # fmt: skip
    for said, one, other, *told in wrong:
        with pytest.raises(Invalid) as refused:
            kpis.check_parts(Meaning(**said), one, other)
        assert [[each.pointer, each.code] for each in refused.value.errors] == [told]
    with pytest.raises(KpiRetired):
        kpis.check_parts(Meaning(**RATIO), up, kpi("down", retired_at=NOW))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1e3",
        "+1",
        "01",
        "1.",
        ".5",
        "1,5",
        " 1",
        "1\n",
        "NaN",
        "Infinity",
        "1.2345",
        "123456789012",
        "--1",
        "\u0661",
    ],
)
def test_what_is_no_figure(text):
    with pytest.raises(ValueError, match="decimal"):
        kpis.figure(text)


@given(FIGURES)
def test_a_figure_is_read_as_it_is_written(value):
    assert kpis.figure(kpis.plain(value)) == value
    assert "E" not in kpis.plain(value) and (kpis.plain(value) == "0" or not kpis.plain(value).endswith(".0"))


# --- sorting out ----------------------------------------------------------------------------------------------------


def account(n=1):
    names = Account.__dataclass_fields__
    return Account(**{**dict.fromkeys(names), "id": UUID(int=n), "path": (), "created_at": NOW, "updated_at": NOW})


ACCOUNT, POSTS = account(), kpi(activity=True)


def stated(first, last, value=1, source="tool", of=ACCOUNT, in_=POSTS):
    return Stated(of, in_, START + first * DAY, START + last * DAY, Decimal(value), source)


def held(first, last, value=1, source="tool"):
    return Observation(
        uuid4(),
        ACCOUNT.id,
        POSTS.id,
        "posts",
        source,
        START + first * DAY,
        START + last * DAY,
        Decimal(value),
        NOW,
        NOW,
        1,
    )


def test_news_corrections_and_what_is_known():
    known = [held(0, 7), held(7, 14)]
    said = [stated(0, 7), stated(7, 14, 2), stated(14, 21), stated(14, 21), stated(0, 7, source="other")]
    found = observed.sort_out(said, known)
    assert list(found.news) == [said[2], said[4]]
    assert found.corrections == [(known[1], Decimal(2))]
    assert (found.same, found.differing, found.overlapping) == (2, frozenset(), frozenset())


def test_two_values_of_one_thing_in_one_call_differ():
    found = observed.sort_out([stated(0, 7), stated(0, 7, 2), stated(0, 7)], [])
    assert found.differing == {1}


@pytest.mark.parametrize(
    ("said", "known", "bad"),
    [
        ([(0, 7)], [(6, 9)], {0}),
        ([(0, 31)], [(5, 12), (12, 19)], {0}),
        ([(5, 12), (12, 19)], [(0, 31)], {0, 1}),
        ([(0, 7)], [(7, 14)], set()),
        ([(0, 7), (3, 5), (7, 9)], [], {0, 1}),
        ([(0, 7)], [(0, 6)], {0}),
        ([(0, 7)], [(1, 7)], {0}),
        ([(0, 30), (1, 2), (28, 31)], [], {0, 1, 2}),
    ],
)
def test_days_that_would_count_twice(said, known, bad):
    found = observed.sort_out([stated(*one) for one in said], [held(*one) for one in known])
    assert found.overlapping == bad


def test_other_accounts_kpis_and_sources_do_not_overlap():
    some = [stated(0, 7), stated(3, 9, source="other"), stated(3, 9, of=account(2)), stated(3, 9, in_=kpi("reach"))]
    assert observed.sort_out(some, []).overlapping == set()


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=12)


@given(SPANS, SPANS)
def test_what_is_taken_never_overlaps_and_what_does_not_overlap_is_taken(first, second):
    known = []
    for begin, length in first:
        if all(begin + length <= a or b <= begin for a, b in known):
            known.append((begin, begin + length))
    said = [stated(begin, begin + length) for begin, length in second]
    found = observed.sort_out(said, [held(*one) for one in known])
    periods = {*((START + a * DAY, START + b * DAY) for a, b in known)}
    taken = periods | {one.period for place, one in enumerate(said) if place not in found.overlapping}
    days = [day for since, until in taken for day in range(since.toordinal(), until.toordinal())]
    assert len(days) == len(set(days))
    if not found.overlapping:
        assert taken == periods | {one.period for one in said}
    if not found.overlapping or len(said) == 1:
        clash = any(a < one.period[1] and one.period[0] < b for one in said for a, b in periods if (a, b) != one.period)
        assert clash == bool(found.overlapping)


@given(SPANS, st.randoms())
def test_in_which_order_it_is_said_is_no_matter(spans, random):
    said = [stated(begin, begin + length) for begin, length in spans]
    other = random.sample(said, len(said))
    one, two = (observed.sort_out(some, []) for some in (said, other))
    assert {x.period for x in one.news} == {x.period for x in two.news}
    assert {said[n].period for n in one.overlapping} == {other[n].period for n in two.overlapping}


def test_what_cannot_be_about_days_and_sources():
    today = NOW.date()
    wrong = {
        "/period_until": [(START, START), (START, START - DAY), (START, START + 367 * DAY), (today, today + 2 * DAY)],
        "/period_from": [(date(1999, 12, 31), date(2000, 1, 2))],
    }
    for pointer, periods in wrong.items():
        for since, until in periods:
            said = Stated(ACCOUNT, POSTS, since, until, Decimal(1), "tool")
            assert observed.fault(said, date(2027, 3, 2) if until > START + 366 * DAY else today).pointer == pointer
    for source in ("", "Tool", "a--b", "-a", "a b", "x" * 61, "a\n"):
        assert (
            observed.fault(Stated(ACCOUNT, POSTS, START, START + DAY, Decimal(1), source), today).pointer == "/source"
        )
    said = {
        (START, START): "ends_before_it_begins", (START, START + 367 * DAY): "too_long",
        (date(1999, 12, 31), date(2000, 1, 2)): "out_of_range", (today, today + 2 * DAY): "in_the_future",
    }  # fmt: skip
    for (since, until), code in said.items():
        assert observed.fault(Stated(ACCOUNT, POSTS, since, until, Decimal(1), "tool"), today).code == code
    assert observed.fault(Stated(ACCOUNT, POSTS, START, START + DAY, Decimal(1), "Tool"), today).code == "key_form"
    for since, until in ((today, today + DAY), (date(2000, 1, 1), date(2000, 1, 2)), (START - 366 * DAY, START)):
        assert observed.fault(Stated(ACCOUNT, POSTS, since, until, Decimal(1), "tool"), today) is None


def test_a_ratio_and_a_retired_kpi_take_nothing():
    for fault, code in (
        (observed.kpi_fault(quotient(), START), "not_measured"),
        (observed.kpi_fault(kpi(retired_at=NOW), NOW.date()), "kpi_retired"),
    ):
        assert (fault.pointer, fault.code) == ("/kpi_id", code)
    assert observed.kpi_fault(kpi(retired_at=NOW), NOW.date() - DAY) is None is observed.kpi_fault(kpi(), START)


def test_what_shows_that_an_account_is_alive_and_when():
    some = [
        stated(0, 7, 3),
        stated(7, 14),
        stated(14, 21, 0),
        stated(0, 60, of=account(2)),
        stated(0, 7, in_=kpi(), of=account(3)),
    ]
    end = datetime(2026, 1, 15, tzinfo=UTC)
    assert observed.alive_at(some, NOW) == {ACCOUNT.id: end, UUID(int=2): datetime(2026, 3, 2, tzinfo=UTC)}
    assert observed.alive_at([stated(0, 61)], NOW) == {ACCOUNT.id: NOW}


# --- combining ------------------------------------------------------------------------------------------------------

VALUES = st.lists(FIGURES, min_size=1, max_size=20)


@given(VALUES, st.randoms())
def test_the_order_of_accounts_is_no_matter(values, random):
    for across in AcrossAccounts:
        assert rules.combine(across, values) == rules.combine(across, random.sample(values, len(values)))


@given(VALUES)
def test_a_sum_is_exact_a_mean_lies_between_and_what_is_not_additive_is_not_added(values):
    assert rules.combine(AcrossAccounts.SUM, values) == sum(values)
    assert min(values) <= rules.combine(AcrossAccounts.MEAN, values) <= max(values)
    assert rules.combine(AcrossAccounts.NONE, values) == (values[0] if len(values) == 1 else None)
    for across in AcrossAccounts:
        assert rules.combine(across, []) is None


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=10), st.sampled_from(KpiUnit))
def test_a_ratio_over_accounts_is_the_ratio_of_the_sums(pairs, unit):
    members = [member(n) for n in range(len(pairs))]
    said = [{UUID(int=n): Said(pair[side], 7, frozenset({"tool"})) for n, pair in enumerate(pairs)} for side in (0, 1)]
    up, down = (sum((pair[side] for pair in pairs), Decimal()) for side in (0, 1))
    found = rules.figure(quotient(unit), [kpi("up"), kpi("down")], said, members, 7)
    assert (found.value, found.parts) == (rules.ratio(up, down, unit), (up, down))
    assert (codes(found) == [Doubt.DENOMINATOR_ZERO]) == (down == 0)


def test_a_ratio_in_percent_is_the_hundredfold():
    three, eight = Decimal(3), Decimal(8)
    assert rules.ratio(three, eight, KpiUnit.COUNT) == Decimal("0.375") and rules.ratio(
        three, eight, KpiUnit.PERCENT
    ) == Decimal("37.5")
    assert rules.ratio(Decimal(1), Decimal(3), KpiUnit.SECONDS) == Decimal("0.333333")
    assert rules.ratio(three, Decimal(0), KpiUnit.COUNT) is None


def tally(n, source="tool", total=1, days=7, last=START):
    return Tally(UUID(int=n), source, Decimal(total), days, last)


def test_of_several_sources_the_one_that_covers_most_counts_and_all_are_told():
    found = rules.chosen(OverTime.SUM, [tally(1, "a", 5, 7), tally(1, "b", 6, 14), tally(2, "b", 9)])
    assert found[UUID(int=1)] == Said(Decimal(6), 14, frozenset("ab")) and found[UUID(int=2)].value == 9
    later = rules.chosen(OverTime.LATEST, [tally(1, "a", 5, 0, START), tally(1, "b", 6, 0, START + DAY)])
    assert later[UUID(int=1)].value == 6
    assert rules.chosen(OverTime.SUM, [tally(1, "b", 5), tally(1, "a", 6)])[UUID(int=1)].value == 6
    assert rules.chosen(OverTime.MEAN, [tally(1, total=100, days=7)])[UUID(int=1)].value == Decimal("14.285714")


@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abc"), FIGURES, st.integers(1, 60)), max_size=15),
    st.randoms(),
)
def test_the_order_of_sources_is_no_matter(rows, random):
    once = {(n, source): tally(n, source, total, days) for n, source, total, days in rows}
    some = list(once.values())
    for over_time in OverTime:
        assert rules.chosen(over_time, some) == rules.chosen(over_time, random.sample(some, len(some)))


def said_of(*values, days=7, source="tool"):
    return {UUID(int=n): Said(Decimal(value), days, frozenset({source})) for n, value in enumerate(values)}


def test_what_is_missing_is_said():
    posts, members = kpi(), [member(n) for n in range(3)]
    assert rules.figure(posts, [posts], [said_of(1, 2, 3)], members, 7) == Figure(Decimal(6), 3, 0, ("tool",))
    part = rules.figure(posts, [posts], [said_of(1, 2)], members, 7)
    assert (part.value, part.accounts, part.without_data, codes(part)) == (3, 3, 1, [Doubt.PARTIAL_COVERAGE])
    short = rules.figure(posts, [posts], [said_of(1, 2, 3)], members, 8)
    assert codes(short) == [Doubt.PARTIAL_COVERAGE] and "0 accounts have no data, 3 more" in short.remarks[0].message
    none = rules.figure(posts, [posts], [{}], members, 7)
    assert (none.value, none.accounts, none.without_data, codes(none)) == (None, 3, 3, [Doubt.NO_DATA])
    assert none.remarks[0].message.startswith("Nothing was observed here in these days")
    assert rules.figure(posts, [posts], [said_of(1)], [], 7).value is None


def test_a_latest_value_needs_no_more_days_than_its_last():
    followers = kpi("followers", over_time=OverTime.LATEST)
    assert codes(rules.figure(followers, [followers], [said_of(5, days=0)], [member(0)], 90)) == []


def test_what_is_not_additive_is_listed_and_never_summed():
    followers = kpi("followers", over_time=OverTime.LATEST, across_accounts=AcrossAccounts.NONE)
    found = rules.figure(followers, [followers], [said_of(5, 9)], [member(0), member(1)], 7)
    assert found.value is None and codes(found) == [Doubt.NOT_ADDITIVE]
    assert (found.accounts, found.without_data, found.sources) == (2, 0, ("tool",))
    assert found.remarks[0].message == "followers: the figures of several accounts do not add up."
    assert [(one.name, one.value) for one in found.listed] == [("x:a1", 9), ("x:a0", 5)]
    alone = rules.figure(followers, [followers], [said_of(5)], [member(0)], 7)
    assert (alone.value, alone.listed, codes(alone)) == (5, (), [])
    rate = rules.figure(quotient(), [kpi("up"), followers], [said_of(1, 3), said_of(4, 0)], [member(0), member(1)], 7)
    assert rate.value is rate.parts is None and [(one.name, one.value) for one in rate.listed] == [("x:a0", 25)]
    many = rules.figure(followers, [followers], [said_of(*range(30))], [member(n) for n in range(30)], 7)
    assert [one.value for one in many.listed] == list(range(29, 9, -1))


def test_a_ratio_counts_accounts_that_have_both_parts():
    found = rules.figure(quotient(), [kpi("up"), kpi("down")], [said_of(1, 100), said_of(4)], [member(0), member(1)], 7)
    assert (found.value, found.accounts, found.without_data, found.sources, found.parts) == (
        25,
        2,
        1,
        ("tool",),
        (1, 4),
    )
    zero = rules.figure(quotient(), [kpi("up"), kpi("down")], [said_of(1, 2), said_of(0)], [member(0), member(1)], 8)
    assert zero.value is None and codes(zero)[0] is Doubt.DENOMINATOR_ZERO and len(codes(zero)) > 1


def test_accounts_measured_by_different_sources_are_told():
    posts = kpi()
    said = {**said_of(1), UUID(int=1): Said(Decimal(2), 7, frozenset({"tool", "other"}))}
    found = rules.figure(posts, [posts], [said], [member(0), member(1)], 7)
    assert (found.value, found.sources, codes(found)) == (3, ("other", "tool"), [Doubt.DIFFERENT_SOURCES])
    assert "Of 1 accounts several tell" in found.remarks[0].message


# --- comparing ------------------------------------------------------------------------------------------------------


def group(key, *doubts, sources=("tool",)):
    return Group(key, key, Figure(None, 1, 0, sources, remarks=tuple(Remark(one, "x") for one in doubts)))


def test_what_cannot_be_held_against_each_other():
    told = lambda *groups: [one.code for one in rules.comparable(groups)]  # noqa: E731
    assert told(group("a"), group("b")) == []
    assert told() == [Doubt.NO_DATA]
    assert told(group("a"), group("b", sources=("other",))) == [Doubt.DIFFERENT_SOURCES]
    assert told(group("a"), group("b", Doubt.NO_DATA, sources=())) == [Doubt.NO_DATA]
    every = [Doubt.NO_DATA, Doubt.NOT_ADDITIVE, Doubt.PARTIAL_COVERAGE, Doubt.DENOMINATOR_ZERO]
    assert told(group("a", *every)) == every
    assert (
        "2 of 3 groups" in rules.comparable([group("a"), *(group(k, Doubt.PARTIAL_COVERAGE) for k in "bc")])[0].message
    )


def unit(n, function=None, *above):
    path = (*above, UUID(int=n))
    return BusinessUnit(
        UUID(int=n), f"u{n}", f"Unit {n}", above[-1] if above else None, path, function, None, "UTC", "open", None, None,
        NOW, NOW, 1,
    )  # fmt: skip


def test_accounts_are_grouped_by_the_units_right_below_by_network_and_by_the_nearest_function():
    root = unit(100)
    nordics = unit(101, "marketing", *root.path)
    sweden = unit(102, None, *nordics.path)
    shops = unit(103, "sales", *nordics.path)
    units = {one.id: one for one in (root, nordics, sweden, shops)}
    some = [member(1, root.path), member(2, sweden.path, "tiktok"), member(3, shops.path), member(4, nordics.path)]
    told = lambda by, below: {
        key: [one.id.int for one in of] for key, of in rules.grouped(rules.By(by), some, units, below).items()
    }  # noqa: E731
    assert told("business_unit", root) == {("u100", "Unit 100"): [1], ("u101", "Unit 101"): [2, 3, 4]}
    inside = {key: of for key, of in told("business_unit", nordics).items() if key[0] != "u100"}
    assert inside == {("u101", "Unit 101"): [4], ("u102", "Unit 102"): [2], ("u103", "Unit 103"): [3]}
    assert told("network", root) == {("tiktok", "tiktok"): [2], ("x", "x"): [1, 3, 4]}
    by = told("function", root)
    assert by == {
        ("marketing", "marketing"): [2, 4],
        ("sales", "sales"): [3],
        (None, "of no function that is said"): [1],
    }
    assert list(by)[-1][0] is None


def test_weeks_begin_on_monday_and_months_on_the_first():
    whole = rules.window(date(2026, 1, 15), date(2026, 3, 1))
    months = rules.steps(whole, rules.SeriesStep.MONTH)
    assert months == [Window(date(2026, 1, 1), date(2026, 2, 1)), Window(date(2026, 2, 1), date(2026, 3, 1))]
    weeks = rules.steps(rules.window(date(2026, 1, 1), date(2026, 1, 13)), rules.SeriesStep.WEEK)
    assert [one.since.isoformat() for one in weeks] == ["2025-12-29", "2026-01-05", "2026-01-12"]
    assert {one.days for one in weeks} == {7}
    assert len(rules.steps(rules.window(date(2020, 1, 1), date(2030, 1, 1)), rules.SeriesStep.MONTH)) == 120
    early, late = "ends_before_it_begins", "too_long"
    for until, code in ((START, early), (START - DAY, early), (START + 3701 * DAY, late)):
        with pytest.raises(Invalid) as refused:
            rules.window(START, until)
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("?until", code)]
    with pytest.raises(Invalid, match="steps") as refused:
        rules.steps(rules.window(START, START + 900 * DAY), rules.SeriesStep.WEEK)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("?until", "too_many_steps")]


def test_an_account_counts_while_it_is_official():
    here, gone = member(1), member(2, since=NOW - 9 * DAY, until=NOW)
    for day, counted in ((1, [gone]), (2, [here, gone]), (3, [here])):
        window = Window(date(2026, 3, day), date(2026, 3, day + 1))
        assert rules.official([here, gone], window) == counted
    assert Window(date(2026, 3, 2), date(2026, 3, 9)).instants == (
        datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC),
    )  # fmt: skip


# --- targets --------------------------------------------------------------------------------------------------------


def target(better):
    return Target(
        uuid4(), uuid4(), "posts", better, TargetKind.ENTERPRISE, None, None, Decimal(10), START, START + 7 * DAY, None,
        uuid4(), NOW, NOW, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("better", "actual", "days", "met"),
    [
        (Better.HIGHER, "10", 7, Met.YES), (Better.HIGHER, "9.999", 7, Met.NO), (Better.LOWER, "10", 7, Met.YES),
        (Better.LOWER, "10.001", 7, Met.NO), (Better.HIGHER, "99", 6, Met.OPEN), (Better.HIGHER, None, 6, Met.OPEN),
        (Better.LOWER, None, 7, Met.NOT_COMPUTABLE), (Better.HIGHER, "0", 8, Met.NO),
    ],
)  # fmt: skip
def test_how_a_target_stands(better, actual, days, met):
    assert targets.standing(target(better), actual and Decimal(actual), START + days * DAY) is met


def test_days_that_can_be_aimed_at():
    targets.check_period(START, START + 1830 * DAY)
    wrong = [
        ("/period_until", "ends_before_it_begins", START, START), ("/period_until", "too_long", START, START + 1831 * DAY),
        ("/period_until", "out_of_range", date(2099, 12, 31), date(2100, 1, 2)),
        ("/period_from", "out_of_range", date(1999, 12, 31), date(2000, 1, 2)),
    ]  # fmt: skip
    for pointer, code, since, until in wrong:
        with pytest.raises(Invalid) as refused:
            targets.check_period(since, until)
        assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]
