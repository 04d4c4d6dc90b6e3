"""The demo enterprise as it stands once it is founded."""

from collections import Counter
from datetime import datetime

import pytest

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import SOURCE_FOUND, Flag
from app.audit import store as audit_store
from app.audit.rules import Event
from app.demo.company.rules import DECIDERS, HUB_DEPUTY, PEOPLE, PERSONAS
from app.demo.rules import ACCOUNTS, IDLE
from app.demo.service import seed
from app.directory import store as directory
from app.directory.rules import KeyTaken
from app.governance.approvals import service as approvals
from app.governance.grants import store as grant_store
from app.governance.grants.rules import GrantState
from app.governance.models import service as models
from app.governance.routing.rules import RequestKind
from app.identity.login import service as login
from app.kernel.access import operator_work
from app.kernel.actor import Place
from app.kernel.pages import Page
from app.policies import service as policies
from app.replaying.service import replay
from app.roles import service as roles
from tests.kit import active_numbers

ALL = Page(limit=200, sort="id")


def inventory(work):
    return accounts.show_all(work, account_store.page(work.session, ALL, {}))


def inbox(work, who):
    (person,) = directory.find_employees(work.session, f"{who}@demo.example")
    work.actor = roles.actor_for(work, person)
    return approvals.waiting(work)


def all_grants(work):
    return grant_store.page(work.session, ALL, work.now, None, {})


def shape(work):
    """What of the enterprise is the same wherever it is founded; ids are not."""
    shown = inventory(work)
    handles = {one.account.id: one.account.handle for one in shown}
    inboxes = {
        who: [
            (handles[one.request.account_id], one.request.kind, one.request.rights, one.step.kind)
            for one in inbox(work, who)
        ]
        for who in (*DECIDERS, HUB_DEPUTY)
    }
    flags = [
        (one.account.network, one.account.handle, one.account.state, [str(f.flag) for f in one.flags]) for one in shown
    ]
    grants = [
        (handles[one.account_id], one.right, one.state_at(work.now), one.valid_from, one.valid_until)
        for one in all_grants(work)
    ]
    return sorted(flags), inboxes, sorted(grants)


@pytest.fixture
def work(founded):
    with founded.world.work(write=False) as work:
        yield work


def test_the_register_holds_178_accounts_and_a_quarter_are_idle(work):
    every = inventory(work)
    shown = [one for one in every if one.account.source != SOURCE_FOUND]
    assert len(shown) == ACCOUNTS == 178
    assert Counter(one.account.state for one in every if one not in shown) == {
        "discovered": 1, "disputed": 1, "withdrawn": 1,
    }  # fmt: skip
    idle = [one for one in shown if Flag.IDLE in {f.flag for f in one.flags}]
    assert len(idle) == IDLE == 44
    assert Counter(one.account.state for one in shown) == {
        "active": 169, "proposed": 5, "approved": 1, "suspended": 1, "decommissioning": 1, "archived": 1,
    }  # fmt: skip


def test_some_accounts_need_care(work):
    shown = inventory(work)
    flags = Counter(f.flag for one in shown for f in one.flags)
    assert flags[Flag.ORPHANED] == flags[Flag.LOOK_ALIKE] == 1
    assert flags[Flag.SINGLE_CUSTODIAN] > 5
    assert flags[Flag.UNVALIDATED] > 5
    assert sum(one.account.risk == "high" for one in shown) > 5


def test_people_are_where_they_belong_under_their_managers(work):
    people = list(directory.lock_employees(work.session, active_numbers(work.session).values()).values())
    assert len(people) == len(PEOPLE) - 1
    keys = {one.id: one.user_name for one in people}
    units = {one.id: one.key for one in directory.all_units(work.session)}
    stated = {one.key: (one.unit, one.manager, one.title, one.employment) for one in PEOPLE}
    for one in people:
        manager = keys.get(one.manager_id)
        assert (units[one.business_unit_id], manager, one.title, one.employment_type) == stated[one.user_name]


def test_the_account_of_the_examples_is_open_in_the_nordics(founded, work):
    account = accounts.named(work, "x:alder_nordics")
    assert str(account.id) == founded.demo.examples["account_id"]
    assert account.state == "active"
    assert directory.unit(work.session, account.business_unit_id).key == "nordics"


def test_hub_and_spoke_everywhere_but_in_iberia(work):
    for unit in directory.all_units(work.session):
        assert models.setting(work, unit.path).model == ("dandelion" if unit.key == "iberia" else "hub_and_spoke")


def test_the_policies_hold_and_dach_is_tighter(work):
    dach = directory.unit(work.session, "dach").place
    assert policies.limits(work, Place())["max_grant_days"] == 365
    assert policies.limits(work, dach)["max_grant_days"] == 180
    assert policies.limits(work, dach).versions == ("dach-social-media@1", "social-media@1")


@pytest.mark.parametrize(
    "who", ["liaison", "liaison2", "hub", HUB_DEPUTY, "strategist", "iberia.liaison", "iberia.liaison2"]
)
def test_something_waits_for_everybody_who_decides(work, who):
    assert [one for one in inbox(work, who) if one.request.kind is RequestKind.RIGHTS]


@pytest.mark.parametrize("who", ["hub", HUB_DEPUTY, "strategist", "iberia.liaison", "iberia.liaison2"])
def test_a_registration_waits_where_the_role_decides_one(work, who):
    assert [one for one in inbox(work, who) if one.request.kind is RequestKind.REGISTRATION]


def test_both_liaisons_of_the_nordics_see_the_same(founded, work):
    first, second = ([one.id for one in inbox(work, who)] for who in ("liaison", "liaison2"))
    assert first == second
    assert founded.demo.examples["request_id"] in map(str, first)


def test_the_strategist_is_asked_last_and_a_request_left_lying_reaches_the_hub(work):
    (naomi, *_) = inbox(work, "strategist")
    assert naomi.request.passed == ("account_liaison", "community_manager")
    notes = [one.step.note or "" for one in inbox(work, "hub")]
    assert any(note.startswith("Overdue") for note in notes)


def test_the_demo_liaison_may_still_ask_to_publish(founded):
    body = {"account_id": founded.demo.examples["account_id"], "rights": ["publish"], "justification": "News."}
    told = founded.world.post("/v1/rights-requests/preview", "liaison@demo.example", body)
    assert not told.get("reasons")
    assert [step["role"] for step in told["steps"]] == ["bu_liaison", "community_manager"]


def test_grants_stand_on_decisions_and_some_have_ended(work):
    grants = all_grants(work)
    states = Counter(one.state_at(work.now) for one in grants)
    assert 55 <= states[GrantState.ACTIVE] <= 70
    assert states[GrantState.EXPIRED] == states[GrantState.SUPERSEDED] == states[GrantState.SUSPENDED] == 1
    assert states[GrantState.REVOKED] > 1
    assert all(one.approvers and one.policy_versions for one in grants)
    assert any(link.on_behalf_of for one in grants for link in one.approvers)


def test_the_one_who_left_has_nothing_left(work):
    (leaver,) = directory.find_employees(work.session, "joris.maes")
    assert not leaver.active
    assert grant_store.open_of_employee(work.session, leaver.id) == []


def test_everybody_logs_in_with_the_password_that_is_printed(founded):
    assert set(founded.demo.logins) == set(PERSONAS)
    for email, _ in list(founded.demo.logins.values())[:3]:
        said = login.log_in(founded.world.work, email, founded.demo.password, "192.0.2.1", "console")
        assert isinstance(said, login.Admitted)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("rights-requests", "request_id"), ("rights-requests", "revise.request_id"), ("grants", "grant_id"),
        ("grants", "renew.grant_id"), ("grants", "resume_grant.grant_id"), ("employees", "employee_id"),
        ("appointments", "appointment_id"), ("accounts", "account_id"), ("accounts", "decide_account.account_id"),
        ("business-units", "business_unit_id"), ("policies", "policy_id"), ("publishing-tools", "tool_id"),
        ("networks", "get_network.network"), ("campaigns", "campaign_id"),
    ],
)  # fmt: skip
def test_every_example_leads_somewhere(founded, path, name):
    founded.world.get(f"/v1/{path}/{founded.demo.examples[name]}", "liaison@demo.example")


def test_the_examples_are_in_the_state_that_their_operations_need(founded, work):
    examples = founded.demo.examples
    states = {
        name.split("_")[0]: accounts.named(work, id_).state
        for name, id_ in examples.items()
        if name.endswith("_account.account_id")
    }
    assert states == {
        "activate": "approved", "archive": "decommissioning", "decide": "proposed", "resume": "suspended", "withdraw": "proposed",
    }  # fmt: skip
    state = {
        name: founded.world.get(f"/v1/grants/{examples[name]}", "auditor@demo.example")["state"]
        for name in ("grant_id", "renew.grant_id", "resume_grant.grant_id")
    }
    assert state == {"grant_id": "active", "renew.grant_id": "active", "resume_grant.grant_id": "suspended"}


def test_the_audit_log_tells_of_it_in_order(founded, work):
    events = [Event(*event) for event, _ in audit_store.walk(work.session)]
    assert len(events) == founded.world.intact() > 500
    assert [one.at for one in events] == sorted(one.at for one in events)
    assert datetime.fromisoformat(events[-1].at) <= work.now
    assert {"account.imported", "employee.left", "grant.revoked", "governance.switched"} <= {
        one.action for one in events
    }


def test_founding_tells_how_far_it_has_come(founded):
    (first, of), (last, _) = founded.steps[0], founded.steps[-1]
    assert (first, last) == (0, of)
    assert [n for n, _ in founded.steps] == list(range(of + 1))


def test_it_is_the_same_enterprise_wherever_it_is_founded(founded, house):
    seed(house, lambda n, of: None)
    with founded.world.work(write=False) as here, operator_work(house, write=False) as there:
        assert shape(there) == shape(here)
        assert [replay(work).differences for work in (there, here)] == [(), ()]


def test_a_database_with_people_in_it_is_left_alone(founded):
    before = founded.world.intact()
    with pytest.raises(KeyTaken):
        seed(founded.world.house, lambda n, of: None)
    assert founded.world.intact() == before
