"""Where an item of a retirement campaign stands, and what a checklist asks for: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import Account, AccountState, Flag, Flagged, WrongState
from app.governance.decommissioning import rules as checklists
from app.governance.decommissioning.rules import ChecklistIncomplete, Rights, Said, Step, StepState
from app.governance.retirements import rules
from app.governance.retirements.rules import (
    Counts,
    Item,
    ItemState,
    NotAsked,
    NotForTheHub,
    Retirement,
    RetirementOver,
    RetirementState,
    Word,
)
from app.kernel.actor import Place
from app.kernel.errors import Invalid

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ANN, BOB, UNIT = (UUID(int=n) for n in range(1, 4))
ACCOUNT = Account(
    **{one.name: None for one in fields(Account)}
    | {"id": UUID(int=9), "state": AccountState.ACTIVE, "official_from": NOW, "steward_id": ANN, "path": (UNIT,)}
)
ITEM = Item(
    **{one.name: None for one in fields(Item)}
    | {"id": UUID(int=8), "account": ACCOUNT, "due_at": NOW + DAY, "flags": (), "version": 1}
)  # fmt: skip


def stands(item=ITEM, present=(ANN,), at=NOW, **account):
    return rules.state(replace(item, account=replace(ACCOUNT, **account)), present, at)


def test_whose_word_is_next():
    assert stands() is stands(at=NOW + DAY - TICK) is ItemState.ASKED
    assert stands(at=NOW + DAY) is ItemState.SILENT
    assert stands(present=()) is stands(present=(BOB,)) is stands(steward_id=None) is ItemState.ORPHANED
    assert stands(present=(BOB,), backup_steward_id=BOB) is ItemState.ASKED
    agreed = replace(ITEM, answer=Word.RETIRE)
    assert stands(agreed) is stands(agreed, present=()) is stands(agreed, at=NOW + DAY) is ItemState.AGREED
    assert stands(state=AccountState.SUSPENDED) is ItemState.ASKED


@pytest.mark.parametrize("state", [one for one in AccountState if one not in ("active", "suspended")])
def test_what_is_in_use_no_more_is_moot_unless_something_came_of_it(state):
    assert stands(state=state) is stands(replace(ITEM, answer=Word.RETIRE), state=state) is ItemState.MOOT
    over = replace(ITEM, closed_at=NOW)
    assert stands(replace(over, answer=Word.KEEP), state=state) is ItemState.KEPT
    assert stands(over, state=state) is ItemState.DROPPED
    retired = replace(over, decision=Word.RETIRE)
    assert stands(retired, state=state) == ("archived" if state is AccountState.ARCHIVED else "decommissioning")


def test_what_came_of_an_item():
    over = replace(ITEM, closed_at=NOW)
    assert stands(replace(over, answer=Word.KEEP)) is ItemState.KEPT
    assert stands(replace(over, answer=Word.RETIRE, decision=Word.KEEP)) is ItemState.KEPT
    assert stands(replace(over, answer=Word.RETIRE)) is stands(over) is ItemState.DROPPED
    assert stands(replace(over, decision=Word.RETIRE), state=AccountState.ARCHIVED) is ItemState.ARCHIVED


@pytest.mark.parametrize("where", ItemState)
def test_who_may_say_something(where):
    refused = RetirementOver if where is ItemState.DROPPED else NotAsked
    if where is ItemState.ASKED:
        rules.check_asked(where)
    else:
        with pytest.raises(refused, match="ended" if where is ItemState.DROPPED else f"is {where}"):
            rules.check_asked(where)
    if where in ("agreed", "silent", "orphaned"):
        rules.check_for_hub(where, NOW)
    else:
        with pytest.raises(RetirementOver if where is ItemState.DROPPED else NotForTheHub):
            rules.check_for_hub(where, NOW)


def test_by_when_to_answer():
    assert rules.dates(NOW, None) == NOW + 14 * DAY
    for good in (NOW + DAY, NOW + 366 * DAY):
        assert rules.dates(NOW, good) == good
    for bad, code in ((NOW + DAY - TICK, "too_soon"), (NOW + 366 * DAY + TICK, "too_late"), (NOW - DAY, "too_soon")):
        with pytest.raises(Invalid) as raised:
            rules.dates(NOW, bad)
        assert [(one.pointer, one.code) for one in raised.value.errors] == [("/due_at", code)]


def test_where_a_campaign_stands():
    one = Retirement(
        **{each.name: None for each in fields(Retirement)} | {"due_at": NOW, "path": (UNIT,), "network": "x"}
    )
    assert one.state_at(NOW - TICK) is RetirementState.OPEN and one.state_at(NOW) is RetirementState.DUE
    assert replace(one, ended_at=NOW).state_at(NOW - DAY) is RetirementState.ENDED
    assert one.place == Place((UNIT,), "x")


def test_items_are_counted_and_flags_chosen():
    states = [ItemState.ASKED, ItemState.KEPT, ItemState.KEPT]
    assert rules.count(states) == Counts(items=3, asked=1, kept=2) and rules.count([]) == Counts()
    idle, alone = Flagged(Flag.IDLE, NOW, "care@1"), Flagged(Flag.ORPHANED, NOW)
    assert rules.matching((idle, alone), {Flag.IDLE, Flag.NO_MFA}) == (idle,)
    assert rules.flagged({"flag": "idle", "since": "2026-03-02T09:00:00.000000Z", "policy": "care@1"}) == idle


# --- checklists -------------------------------------------------------------------------------------------------------

RETIRING = replace(ACCOUNT, state=AccountState.DECOMMISSIONING)
SAID = tuple(Said(step, "vault:x", None, ANN, NOW) for step in Step if step is not Step.RIGHTS_ENDED)


def listed(account=RETIRING, said=SAID, rights=Rights()):
    return {one.step: one.state for one in checklists.checklist(account, said, rights)}


def test_what_a_checklist_asks_for():
    assert list(listed()) == list(Step) == list(checklists.ASKS)
    assert set(listed().values()) == {StepState.DONE} and set(listed(said=()).values()) == {
        StepState.DONE,
        StepState.OPEN,
    }
    for rights in (Rights(grants=1), Rights(requests=1)):
        assert listed(rights=rights)[Step.RIGHTS_ENDED] is StepState.OPEN
    never = listed(replace(RETIRING, official_from=None), said=SAID[:1])
    assert list(never.values()) == [StepState.DONE, StepState.DONE, StepState.NOT_NEEDED, StepState.NOT_NEEDED]


@pytest.mark.parametrize("missing", SAID)
def test_what_is_open_is_named_with_its_remedy(missing):
    entries = checklists.checklist(RETIRING, [one for one in SAID if one is not missing], Rights())
    assert checklists.is_open(entries)
    with pytest.raises(ChecklistIncomplete, match=f"^Still to be done: {missing.step}.$") as raised:
        checklists.check_complete(entries)
    ((error,), (step,)) = raised.value.errors, raised.value.members["steps"]
    assert (error.pointer, error.code, step["step"]) == ("", missing.step, missing.step)
    assert [one.said for one in entries[1:] if one.step is not missing.step] == [
        one for one in SAID if one is not missing
    ]
    assert checklists.ASKS[missing.step] in error.message
    assert step["remedy"]["call"] == f"POST /v1/accounts/{ACCOUNT.id}/decommissioning"


def test_rights_that_are_left_are_named_too():
    with pytest.raises(ChecklistIncomplete) as raised:
        checklists.check_complete(checklists.checklist(RETIRING, SAID, Rights(2, 1)))
    (step,) = raised.value.members["steps"]
    assert step["remedy"]["message"] == "Open grants: 2; waiting requests: 1. Revoke and withdraw them."
    (entry, *_) = checklists.checklist(ACCOUNT, (), Rights(2, 1))
    assert entry.call == f"POST /v1/accounts/{ACCOUNT.id}/decommission"
    checklists.check_complete(checklists.checklist(RETIRING, SAID, Rights()))
    assert not checklists.is_open(checklists.checklist(RETIRING, SAID, Rights()))


def test_what_may_be_said_and_of_what():
    for step in (one.step for one in SAID):
        checklists.check_said(RETIRING, step)
        for state in set(AccountState) - {AccountState.DECOMMISSIONING}:
            with pytest.raises(WrongState, match=f"this one is {state}"):
                checklists.check_said(replace(ACCOUNT, state=state), step)
    with pytest.raises(Invalid, match="worked out") as raised:
        checklists.check_said(RETIRING, Step.RIGHTS_ENDED)
    assert [(one.pointer, one.code) for one in raised.value.errors] == [("/step", "computed")]
