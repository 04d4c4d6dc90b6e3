"""Each invariant with a bug seeded into the service that turns it red: a check that cannot fail shows nothing.

The steps are the same with the bug and without it; without it all of them hold.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from app.accounts import store as account_store
from app.governance.evaluation import rules as evaluation
from app.governance.freezes import rules as freezes
from app.governance.freezes import service as freeze_service
from app.governance.freezes import store as freeze_store
from app.governance.grants import rules as grant_rules
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.requests import service as requests
from app.governance.routing import rules as routing_rules
from app.governance.routing import service as routing
from app.governance.routing import store as request_store
from app.governance.steps import rules as steps
from app.governance.steps.rules import Standing, StepState
from app.kernel.actor import Permission, Reach
from app.lifecycle import service as lifecycle
from app.policies import store as policy_store
from app.policies.attestations import store as attestations
from app.policies.typed.rules import RuleSpec
from app.roles import rules as roles
from app.roles import store as role_store
from tests.shadow import Shadow

from . import happenings
from .sides import Broken
from .test_stateful import run


@pytest.fixture(autouse=True)
def no_shadow(monkeypatch):
    """The oracle and the model are to find the bug, not the index, which is asked beside every evaluation."""
    monkeypatch.setattr(Shadow, "compare", lambda *_: None)


# What is broken.


def nothing(patch, one):
    """Not a bug."""


def leavers_count(patch, one):
    patch.setattr(evaluation, "_subject", lambda subject: [])


def two_freezes_let_post(patch, one):
    real = evaluation._frozen
    patch.setattr(evaluation, "_frozen", lambda *facts: found if len(found := real(*facts)) == 1 else [])


def own_requests_are_decided(patch, one):
    patch.setattr(steps.Matter, "own", property(lambda self: frozenset()))


def deputies_of_requesters_decide(patch, one):
    def able(matter, seats):
        used = {person for word in matter.decisions for person in (word.decided_by, word.principal_id)}
        return tuple(seat for seat in seats if seat.holder_id not in used and seat.deputy_id not in used)

    patch.setattr(steps, "_able", able)


def deputy_and_holder_count_twice(patch, one):
    """The unique constraints gone, too: only the rows tell."""
    real = steps.seat_of
    patch.setattr(steps, "seat_of", lambda matter, *rest: real(replace(matter, decisions=()), *rest))
    patch.setattr(
        steps, "_able",
        lambda matter, seats: tuple(roles.Slot(seat.holder_id, seat.deputy_id) for seat in seats if seat.holder_id not in matter.own),
    )  # fmt: skip
    ddl(one, "ALTER TABLE request_decision DROP CONSTRAINT uq_request_decision_person")
    ddl(one, "ALTER TABLE request_decision DROP CONSTRAINT uq_request_decision_seat")


def ddl(one, statement):
    with one.sides[0].world.app.state.engine.begin() as connection:
        connection.execute(sa.text(statement))


def granted_twice(patch, one):
    real = grants.issue
    patch.setattr(grants, "issue", lambda *award: [*real(*award), *real(*award)][-1:])


def denied_is_no_end(patch, one):
    real, state = routing_rules.Request.state_at, routing_rules.RequestState
    patch.setattr(
        routing_rules.Request, "state_at",
        lambda self, at: state.PENDING if self.state is state.DENIED else real(self, at),
    )  # fmt: skip


def liaisons_reach_everywhere(patch, one):
    def slots(appointments, role, place):
        return tuple(sorted(
            {roles.Slot(each.employee_id, each.deputy_id) for each in appointments if each.role is role},
            key=lambda slot: (slot.holder_id, slot.deputy_id or slot.holder_id),
        ))  # fmt: skip

    def seats(self):
        return {kind: slots(self.appointments, role, None) for kind, role in steps.ROLE_OF.items()}

    patch.setattr(roles, "slots", slots)
    patch.setattr(routing.Grounds, "seats", property(seats))


def approvals_outlive_their_office(patch, one):
    patch.setattr(
        steps, "valid_approvals",
        lambda matter, kind, seats: tuple(
            word for word in matter.decisions if word.kind is kind and word.decision is steps.Verdict.APPROVE
        ),
    )  # fmt: skip


def edits_keep_their_words(patch, one):
    real = routing.restart

    def restart(work, request, *rest):
        real(work, request, *rest)
        return request_store.save(
            work.session, request.id, work.now, {"round": request.round, "passed": request.passed}
        )

    patch.setattr(routing, "restart", restart)


def longer_than_asked(patch, one):
    real = grant_rules.valid_until
    patch.setattr(grant_rules, "valid_until", lambda *how: real(*how) + timedelta(days=1))


def waits_silently(patch, one):
    def present(climb, kind):
        return Standing(kind, climb.needed[kind], StepState.OPEN, steps._able(climb.matter, climb.seats.get(kind, ())))

    patch.setattr(steps, "_present", present)


def switches_approve(patch, one):
    patch.setattr(requests, "_fresh", lambda planned, request: {
        "model": planned.setting.model, "setting_id": planned.setting.id, "notes": planned.notes, "steps": (),
    })  # fmt: skip


def switches_revoke(patch, one):
    def reroute(work, request):
        for each in grant_store.open_on_account(work.session, request.account_id):
            grants.close(work, each, "another model")
        return real(work, request)

    real = requests.reroute
    patch.setattr(requests, "reroute", reroute)


def ceilings_are_advice(patch, one):
    class Everything:
        def __contains__(self, right):
            return True

    real = evaluation.decide
    patch.setattr(
        evaluation, "decide",
        lambda facts, at: real(
            facts if facts.resource is None else replace(
                facts, resource=replace(facts.resource, model=replace(facts.resource.model, ceiling=Everything()))
            ), at,
        ),
    )  # fmt: skip


def deputies_in_a_circle(patch, one):
    patch.setattr(roles, "check_deputies", lambda *how: None)


def deputies_who_left(patch, one):
    real = role_store.open_deputyships
    patch.setattr(role_store, "open_deputyships", lambda session, person: [] if real(session, person) else [])


def auditors_hold_office(patch, one):
    patch.setattr(roles, "check_separation", lambda *how: None)


def liaisons_appoint(patch, one):
    patch.setitem(roles.TABLE[roles.Role.BU_LIAISON], Permission.APPOINTMENT_CREATE, Reach.ANYWHERE)


def nobody_is_the_last(patch, one):
    real = role_store.in_force
    patch.setattr(
        role_store, "in_force",
        lambda session, at, role=None: [replace(each, employee_id=each.id) for each in real(session, at, role=role)]
        if role is roles.Role.STRATEGIST else real(session, at, role=role),
    )  # fmt: skip


def leavers_keep_their_rights(patch, one):
    patch.setattr(lifecycle, "_let_go", lambda *how: None)


def what_was_held_comes_back(patch, table, *ended):
    real = lifecycle.come_back

    def come_back(work, employee, values):
        after = real(work, employee, values)
        for row in work.session.scalars(sa.select(table).where(table.employee_id == after.id)):
            for name in ended:
                setattr(row, name, None)
        work.session.flush()
        return after

    patch.setattr(lifecycle, "come_back", come_back)


def rights_come_back(patch, one):
    what_was_held_comes_back(patch, grant_store.Row, "ended_at", "end", "end_reason", "ended_by")


def roles_come_back(patch, one):
    what_was_held_comes_back(patch, role_store.Row, "ended_at", "end_reason", "ended_by")


def units_loosen(patch, one):
    patch.setattr(RuleSpec, "widens", lambda *how: False)


def published_is_rewritten(patch, one):
    real = policy_store.save_version

    def save(session, id_, now, changes):
        return real(session, id_, now, {**changes, "rules": {}} if "published_at" not in changes else changes)

    patch.setattr(policy_store, "save_version", save)


def everybody_has_attested(patch, one):
    patch.setattr(attestations, "attested", lambda session, person, ids: frozenset(ids))


def training_lasts_to_its_last_instant(patch, one):
    real = evaluation.valid_until
    patch.setattr(
        evaluation, "valid_until", lambda *how: (ends := real(*how)) and ends + timedelta(microseconds=1)
    )  # fmt: skip


def networks_do_not_freeze(patch, one):
    real = freezes.Freeze.stops
    patch.setattr(
        freezes.Freeze, "stops",
        lambda self, *how: self.target.kind is not freezes.FreezeKind.NETWORK and real(self, *how),
    )  # fmt: skip


def anybody_lifts(patch, one):
    patch.setattr(freezes, "check_lift", lambda *how: None)


def liaisons_freeze(patch, one):
    real = freezes.offices
    patch.setattr(
        freezes, "offices",
        lambda model, held, place: real(model, held, place) or frozenset({freezes.Office.LIAISON}),
    )  # fmt: skip


def two_open_grants(patch, one):
    patch.setattr(grants, "_make_way", lambda *how: None)
    ddl(one, "DROP INDEX uq_posting_grant_open")


def grants_do_not_end(patch, one):
    real = grant_rules.Grant.state_at
    far = timedelta(days=9999)
    patch.setattr(
        grant_rules.Grant, "state_at", lambda self, at: real(replace(self, valid_until=self.valid_until + far), at)
    )  # fmt: skip


def the_last_instant_counts(patch, one):
    real = grant_rules.Grant.state_at
    more = timedelta(microseconds=1)
    patch.setattr(
        grant_rules.Grant, "state_at", lambda self, at: real(replace(self, valid_until=self.valid_until + more), at)
    )  # fmt: skip


def resuming_prolongs(patch, one):
    real = grant_store.resume

    def resume(session, id_, now, by):
        row = session.get_one(grant_store.Row, id_)
        row.valid_until += timedelta(days=1)
        session.flush()
        return real(session, id_, now, by)

    patch.setattr(grant_store, "resume", resume)


def revoked_is_no_end(patch, one):
    patch.setattr(grants, "_check_living", lambda *how: None)


def one_database_forgets_freezes(patch, one):
    real = freeze_store.open_freezes
    patch.setattr(
        freeze_store, "open_freezes",
        lambda session: [] if session.get_bind().dialect.name == "sqlite" else real(session),
    )  # fmt: skip


def grants_say_that_the_account_was_used(patch, one):
    real = grant_store.add

    def add(session, now, values, approvers):
        session.get_one(account_store.Row, values["account_id"]).last_activity_at = now
        return real(session, now, values, approvers)

    patch.setattr(grant_store, "add", add)


def the_log_forgets_whom_freezes_exempt(patch, one):
    real = freeze_service.told
    patch.setattr(
        freeze_service, "told", lambda each: {name: said for name, said in real(each).items() if name != "exempt"}
    )  # fmt: skip


def pauses_end_unseen(patch, one):
    real = grant_store.resume

    def resume(session, id_, now, by):
        session.execute(sa.delete(grant_store.Suspension))
        return real(session, id_, now, by)

    patch.setattr(grant_store, "resume", resume)


BUGS = (
    ("I-07", leavers_count, happenings.leaving),
    ("I-08", two_freezes_let_post, happenings.freezing),
    ("I-09", own_requests_are_decided, happenings.deciding),
    ("I-09", deputies_of_requesters_decide, happenings.standing_in),
    ("I-10", deputy_and_holder_count_twice, happenings.deciding),
    ("I-11", granted_twice, happenings.granting),
    ("I-12", denied_is_no_end, happenings.deciding),
    ("I-13", liaisons_reach_everywhere, happenings.deciding),
    ("I-13", approvals_outlive_their_office, happenings.two_of_the_hub),
    ("I-14", edits_keep_their_words, happenings.deciding),
    ("I-15", longer_than_asked, happenings.granting),
    ("I-16", waits_silently, happenings.nobody_left),
    ("I-17", switches_approve, happenings.switching),
    ("I-17", switches_revoke, happenings.switching),
    ("I-17", ceilings_are_advice, happenings.switching),
    ("I-18", deputies_in_a_circle, happenings.standing_in),
    ("I-21", deputies_who_left, happenings.standing_in),
    ("I-19", auditors_hold_office, happenings.roles_and_offices),
    ("I-20", liaisons_appoint, happenings.roles_and_offices),
    ("I-20", nobody_is_the_last, happenings.roles_and_offices),
    ("I-21", leavers_keep_their_rights, happenings.leaving),
    ("I-22", rights_come_back, happenings.leaving),
    ("I-22", roles_come_back, happenings.leaving),
    ("I-27", units_loosen, happenings.policies),
    ("I-28", published_is_rewritten, happenings.policies),
    ("I-28", everybody_has_attested, happenings.policies),
    ("I-29", training_lasts_to_its_last_instant, happenings.policies),
    ("I-30", networks_do_not_freeze, happenings.freezing),
    ("I-31", anybody_lifts, happenings.freezing),
    ("I-31", liaisons_freeze, happenings.freezing),
    ("I-33", two_open_grants, happenings.granting),
    ("I-34", grants_do_not_end, happenings.granting),
    ("I-34", the_last_instant_counts, happenings.granting),
    ("I-35", resuming_prolongs, happenings.granting),
    ("I-36", revoked_is_no_end, happenings.granting),
    ("I-39", grants_say_that_the_account_was_used, happenings.granting),
    ("I-39", the_log_forgets_whom_freezes_exempt, happenings.freezing),
    ("I-39", pauses_end_unseen, happenings.granting),
    ("I-54", one_database_forgets_freezes, happenings.freezing),
)
ON = {"deputy_and_holder_count_twice": ("postgresql",), "one_database_forgets_freezes": ("sqlite", "postgresql")}


@pytest.mark.parametrize(
    "happens",
    dict.fromkeys(
        (
            *(one[2] for one in BUGS),
            happenings.back_in_office,
            happenings.refused_by_now,
            happenings.overdue_on_another_route,
            happenings.owing_what_policy_asks,
        )
    ),
    ids=lambda one: one.__name__,
)
def test_without_a_bug_all_of_it_holds(sides, happens):
    with sides(("sqlite",), thorough=True) as one:
        happens(one)
        one.end()


@pytest.mark.parametrize(("invariant", "bug", "happens"), BUGS, ids=lambda one: getattr(one, "__name__", one))
def test_the_bug_is_found(sides, monkeypatch, invariant, bug, happens):
    with sides(ON.get(bug.__name__, ("sqlite",)), thorough=True) as one:
        bug(monkeypatch, one)
        with pytest.raises(Broken) as found:
            happens(one)
            one.end()
    assert invariant in found.value.invariants, found.value


@pytest.mark.parametrize("bug", [own_requests_are_decided, grants_do_not_end], ids=lambda one: one.__name__)
def test_chance_finds_it_too(sides, monkeypatch, bug):
    bug(monkeypatch, None)
    with pytest.raises(Broken):
        run(partial(sides, ("sqlite",)), depth="3x40", chance=1)
