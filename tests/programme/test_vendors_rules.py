"""Where a tool stands by its assessments, its vendor's contract and its registration: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.kernel.errors import Invalid
from app.programme.vendors import rules
from app.programme.vendors.rules import (
    Assessment,
    AssessmentDecided,
    AssessmentState,
    AssessorDecides,
    Standing,
    ToolRetired,
    ToolState,
    Vendor,
)
from app.tools.rules import Tool

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ANN, BOB = UUID(int=1), UUID(int=2)
S = AssessmentState
TOOL = Tool(**{one.name: None for one in fields(Tool)} | {"key": "postwell"})
VENDOR = Vendor(**{one.name: None for one in fields(Vendor)} | {"key": "acme"})
GOOD = Assessment(
    **{one.name: None for one in fields(Assessment)}
    | {
        "state": S.APPROVED, "valid_until": NOW + 9 * DAY, "decided_at": NOW - 9 * DAY, "created_at": NOW - 10 * DAY,
        "proposed_by": ANN,
    }
)  # fmt: skip
REFUSED, PROPOSED = replace(GOOD, state=S.REFUSED), replace(GOOD, state=S.PROPOSED, decided_at=None)


def stands(*assessments, tool=TOOL, vendor=None, at=NOW):
    return rules.standing(tool, vendor, assessments, at)


def contract(day):
    return replace(VENDOR, contract_ends_on=day)


def test_a_contract_lasts_to_the_end_of_its_last_day():
    assert contract(date(2026, 3, 2)).contract_over_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert VENDOR.contract_over_at is None
    assert contract(date.max).contract_over_at is None  # after it comes no day


def test_the_state_of_an_assessment_with_what_time_has_made_of_it():
    assert [GOOD.state_at(at) for at in (NOW, GOOD.valid_until - TICK, GOOD.valid_until)] == [
        S.APPROVED,
        S.APPROVED,
        S.LAPSED,
    ]
    for one in (REFUSED, PROPOSED):
        assert one.state_at(GOOD.valid_until) is one.state
    for one in (GOOD, REFUSED):
        assert replace(one, superseded_at=NOW).state_at(NOW) is S.SUPERSEDED


def test_an_approved_tool_is_so_until_the_first_of_its_ends():
    assert stands(GOOD) == Standing(ToolState.APPROVED, NOW + 9 * DAY) and stands(GOOD).approved
    ends = contract(date(2026, 3, 3))
    assert stands(GOOD, vendor=ends) == Standing(ToolState.APPROVED, datetime(2026, 3, 4, tzinfo=UTC))
    going = replace(TOOL, retired_at=NOW + DAY)
    assert stands(GOOD, tool=going, vendor=ends) == Standing(ToolState.APPROVED, NOW + DAY)
    assert stands(PROPOSED, GOOD).approved and stands(replace(GOOD, superseded_at=NOW - DAY), GOOD).approved
    assert stands(GOOD, vendor=VENDOR).approved


def test_what_is_approved_no_more_was_so_until():
    over = GOOD.valid_until
    assert stands(GOOD, at=over) == Standing(ToolState.LAPSED, None, over) and not stands(GOOD, at=over).approved
    ends = contract(date(2026, 3, 1))
    assert stands(GOOD, vendor=ends) == Standing(ToolState.LAPSED, None, datetime(2026, 3, 2, tzinfo=UTC))
    gone = replace(TOOL, retired_at=NOW - DAY)
    assert stands(GOOD, tool=gone) == Standing(ToolState.RETIRED, None, NOW - DAY)
    before = replace(GOOD, superseded_at=NOW - 2 * DAY)
    assert stands(before, REFUSED) == Standing(ToolState.REFUSED, None, NOW - 2 * DAY)
    older = replace(before, superseded_at=NOW - 5 * DAY)
    assert (
        stands(older, before, REFUSED).approved_last_at
        == stands(before, older, REFUSED).approved_last_at
        == NOW - 2 * DAY
    )


def test_no_approval_ends_before_it_was_given():
    late = replace(GOOD, decided_at=NOW - DAY)
    ends = contract(date(2026, 2, 1))
    assert stands(late, vendor=ends).approved_last_at == NOW - DAY
    undated = replace(late, decided_at=None)
    assert stands(undated, vendor=ends).approved_last_at == NOW - 10 * DAY


def test_a_tool_that_was_never_approved():
    assert stands() == Standing(ToolState.UNASSESSED) and stands(PROPOSED) == Standing(ToolState.PROPOSED)
    assert stands(REFUSED) == Standing(ToolState.REFUSED) == stands(PROPOSED, REFUSED)
    assert stands(tool=replace(TOOL, retired_at=NOW)) == Standing(ToolState.RETIRED)
    assert stands(replace(REFUSED, superseded_at=NOW), PROPOSED) == Standing(ToolState.PROPOSED)


def test_a_retired_tool_is_not_assessed():
    rules.check_in_use(TOOL)
    with pytest.raises(ToolRetired, match="^The tool postwell is retired.$"):
        rules.check_in_use(replace(TOOL, retired_at=NOW))


@pytest.mark.parametrize(("until", "vendor", "error"), [
    (NOW + TICK, None, None), (NOW + TICK, VENDOR, None), (NOW + TICK, contract(date(2026, 3, 2)), None),
    (NOW, None, ("/valid_until", "not_later", "An assessment is valid until some time to come.")),
    (NOW + DAY, contract(date(2026, 3, 1)),
     ("/tool_id", "contract_over", "The contract with the vendor of this tool is over.")),
])  # fmt: skip
def test_an_approval_ends_later_and_under_a_contract(until, vendor, error):
    if error is None:
        return rules.check_end(until, vendor, NOW)
    with pytest.raises(Invalid) as raised:
        rules.check_end(until, vendor, NOW)
    assert [(one.pointer, one.code, one.message) for one in raised.value.errors] == [error]
    return None


def test_a_contract_is_over_at_its_very_end():
    with pytest.raises(Invalid):
        rules.check_end(NOW + 9 * DAY, contract(date(2026, 3, 2)), datetime(2026, 3, 3, tzinfo=UTC))


def test_somebody_else_decides_and_once():
    rules.check_decider(PROPOSED, BOB, 2)
    rules.check_decider(PROPOSED, ANN, 1)
    with pytest.raises(AssessorDecides, match="another strategist decides it"):
        rules.check_decider(PROPOSED, ANN, 2)
    for one in (GOOD, REFUSED):
        with pytest.raises(AssessmentDecided, match=f"^This assessment is {one.state} already.$"):
            rules.check_decider(one, BOB, 2)
