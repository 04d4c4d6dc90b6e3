"""What a campaign is, what it gives to ask for, and what it lacks: by plain calls."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from app.governance.campaigns import rules
from app.governance.campaigns.rules import Campaign, CampaignState
from app.governance.models.rules import MODELS, Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.requests import rules as asking
from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.programme.strategy.rules import Objective
from app.roles.rules import Appointment, Role

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
UNIT, ABOVE, WHO, WHERE = (UUID(int=n) for n in range(1, 5))


def one(**more):
    said = {
        "id": uuid4(), "key": "k", "title": "T", "purpose": "P", "business_unit_id": UNIT, "objective": None,
        "manager_id": WHO, "starts_at": AT, "ends_at": AT + DAY, "author_id": WHO, "ended_at": None, "ended_by": None,
        "end_reason": None, "created_at": AT, "updated_at": AT, "version": 1, "account_ids": frozenset(), "members": {},
    }  # fmt: skip
    return Campaign(**{**said, **more})


def held(role=Role.CAMPAIGN_MANAGER, unit=UNIT, who=WHO):
    scope = Scope(ScopeKind.BUSINESS_UNIT, unit)
    return Appointment(uuid4(), who, role, scope, AT, None, None, None, None, None, None, AT, AT, 1)


def refused(call, *said):
    with pytest.raises(Invalid) as caught:
        call(*said)
    (error,) = caught.value.errors
    return error.pointer, error.code, error.message


def test_a_campaign_is_planned_then_running_then_over():
    made = one()
    instants = (made.starts_at - SECOND, made.starts_at, made.ends_at - SECOND, made.ends_at)
    assert [made.state_at(at) for at in instants] == ["planned", "running", "running", "over"]
    assert one(ended_at=AT - SECOND).state_at(AT - SECOND) is CampaignState.OVER


def test_a_campaign_that_is_over_says_since_when():
    rules.check_going_on(one(), AT)
    for made, since in ((one(ended_at=AT - SECOND), "02T08:59:59Z"), (one(), "03T09:00:00Z")):
        with pytest.raises(rules.CampaignOver, match=f"The campaign k is over since 2026-03-{since}."):
            rules.check_going_on(made, made.ends_at)


def test_it_gives_its_members_their_rights_on_its_accounts_until_it_is_ended():
    lists = {"members": {WHO: frozenset({Right.DRAFT})}, "account_ids": frozenset({WHERE})}
    made = one(**lists)
    assert made.gives(WHO, WHERE) == {Right.DRAFT}
    assert made.gives(uuid4(), WHERE) == made.gives(WHO, uuid4()) == frozenset()
    assert one(**lists, ended_at=AT).gives(WHO, WHERE) == frozenset()
    assert rules.rights_of(made, WHO) == {Right.DRAFT}
    with pytest.raises(rules.NotAMember, match="PATCH /v1/campaigns/k"):
        rules.rights_of(made, uuid4())
    assert made.justification == "T: P"


def test_its_dates_make_a_year_at_most_and_end_ahead():
    rules.check_dates(AT - DAY, AT + SECOND, AT)
    rules.check_dates(AT, AT + 365 * DAY, AT)
    assert refused(rules.check_dates, AT, AT, AT - DAY)[:2] == ("/ends_at", "ends_too_early")
    assert refused(rules.check_dates, AT - DAY, AT, AT)[:2] == ("/ends_at", "in_the_past")
    pointer, code, message = refused(rules.check_dates, AT, AT + 365 * DAY + SECOND, AT)
    assert (pointer, code) == ("/ends_at", "too_long") and "365 days" in message and "2027-03-02T09:00:00Z" in message
    rules.check_dates_free(one(), asked=False)
    with pytest.raises(rules.DatesFixed, match="POST /v1/campaigns/k/end"):
        rules.check_dates_free(one(), asked=True)


def test_who_manages_is_campaign_manager_there_or_above():
    place = Place((ABOVE, UNIT))
    assert rules.manages([held()], place) and rules.manages([held(unit=ABOVE)], place)
    assert not rules.manages([held(Role.BU_LIAISON), held(unit=WHERE)], place) and not rules.manages([], place)
    rules.check_manager([held()], place, "Sales")
    pointer, code, message = refused(rules.check_manager, [], place, "Sales")
    assert (pointer, code) == ("/manager_id", "not_a_campaign_manager") and "of Sales" in message


def test_what_it_lacks_is_flagged():
    place = Place((ABOVE, UNIT))
    pursued = Objective(uuid4(), "o", "O", None, uuid4(), UNIT, None, AT, AT, 1)
    assert rules.flags(one(objective="o"), {"o": pursued}, [held()], place) == ()
    assert rules.flags(one(), {"o": pursued}, [held()], place) == ("no_objective",)
    assert rules.flags(one(objective="o"), {"o": pursued}, [held(who=WHERE)], place) == ("no_manager",)
    assert rules.flags(one(objective="x"), {}, [], place) == ("no_objective", "no_manager")


def test_who_is_unknown_is_named():
    rules.check_known("/members", [WHO], {WHO: None})
    message = refused(rules.check_known, "/members", [WHERE, WHO], [WHERE])
    assert message == ("/members", "unknown_employee", f"There is no employee {WHO}.")


def test_a_reason_says_of_which_account_it_is():
    told = rules.on_account(Reason(ReasonCode.NO_GRANT, "Never.", call="GET /"), "x:acme")
    assert (told.message, told.call) == ("x:acme: Never.", "GET /")


def test_a_request_of_a_campaign_is_made_less_and_no_more():
    both, until = (Right.PUBLISH, Right.ENGAGE), AT + DAY
    asked = SimpleNamespace(campaign_id=WHERE, rights=both, until=until)
    asking.check_of_campaign(asked, both[:1], until)
    asking.check_of_campaign(SimpleNamespace(campaign_id=None, rights=both, until=until), (Right.DRAFT,), None)
    for rights, ends in ((both[:1], None), ((Right.DRAFT,), until), ((*both, Right.DRAFT), until)):
        with pytest.raises(asking.OfACampaign, match=f"POST /v1/campaigns/{WHERE}/requests"):
            asking.check_of_campaign(asked, rights, ends)


def test_a_unit_short_of_liaisons_is_noted():
    assert asking.notes(MODELS["dandelion"], "Sales", 2) == asking.notes(MODELS["hub_and_spoke"], "Sales", 0) == ()
    (note,) = asking.notes(MODELS["dandelion"], "Sales", 1)
    assert "Sales has fewer than two liaisons (1)" in note and "routed as hub_and_spoke" in note
