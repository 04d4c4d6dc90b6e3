"""Attacks on kept answers: whatever changes, or comes, the next answer is the one that the database gives."""

import json
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from app.audit import service as audit
from app.clients import service as clients
from app.clients.tables import Client
from app.decisions import service
from app.directory import store as directory
from app.governance.clearances.tables import Clearance
from app.governance.grants.tables import Grant
from app.kernel.access import operator_work
from app.lifecycle import service as lifecycle
from tests.attacks5.both import ASKED, EVALUATIONS, headers, messages, opened, same, sent
from tests.decisions.inside import content


@pytest.fixture
def door(team):
    return opened(team)


def asked(who="asker", **more):
    return {**ASKED, "subject": {"type": "employee", "id": who}, **more}


def permitted(door, who="asker", **more):
    """What both ways say, and say again."""
    status, answer = same(door, asked(who, **more))
    assert status == 200
    return answer["decision"]


def codes(door, who="asker", **more):
    return [one["code"] for one in same(door, asked(who, **more))[1]["context"]["reasons"]]


def amend(world, number, **values):
    with world.work() as work:
        lifecycle.amend(work, directory.employee(work.session, world.ids[number]), values)


def test_an_address_that_becomes_anothers_too_names_nobody(door):
    address = "asker@world.example"
    assert permitted(door, address)
    amend(door, "colleague", email=address)
    assert codes(door, address) == ["subject_unknown"]
    amend(door, "colleague", email="other@world.example")
    assert permitted(door, address)
    for number in ("twin1", "twin2"):
        door.hire(number, email=address)
    assert codes(door, address) == ["subject_unknown"]
    assert permitted(door, "asker")


def test_three_of_one_address_taken_in_one_commit(door):
    address = "asker@world.example"
    assert permitted(door, address)
    with door.work() as work:
        for number in ("colleague", "stranger", "hub"):
            lifecycle.amend(work, directory.employee(work.session, door.ids[number]), {"email": address})
    assert codes(door, address) == ["subject_unknown"]


def test_a_number_that_is_anothers_user_name_goes_first(door):
    amend(door, "asker", user_name="12345")
    assert permitted(door, "12345")
    door.hire("12345", user_name="somebody", email="somebody@world.example")
    assert codes(door, "12345") == ["no_grant"]


def test_a_number_that_is_anothers_address_goes_first(door):
    amend(door, "asker", email="p-77")
    assert permitted(door, "p-77")
    door.hire("p-77", user_name="somebody", email="somebody@world.example")
    assert codes(door, "p-77") == ["no_grant"]
    assert permitted(door, "P-77")


def test_an_address_that_is_anothers_user_name_goes_first(door):
    assert permitted(door, "asker@world.example")
    amend(door, "asker", email=None, user_name="asker@world.example")
    assert permitted(door, "asker@world.example")
    amend(door, "colleague", email="Asker@World.example")
    assert codes(door, "asker@world.example") == ["no_grant"]


def test_an_id_is_spelled_as_the_database_takes_it(door):
    id_ = str(door.ids["asker"])
    for text in (id_, id_.upper()):
        assert permitted(door, text)
    for text in (id_.replace("-", ""), f"{{{id_}}}", f"urn:uuid:{id_}", f" {id_}"):
        assert codes(door, text) == ["subject_unknown"]
    for text in (door.acme, door.acme.replace("-", ""), f"{{{door.acme}}}", f"urn:uuid:{door.acme}"):
        assert permitted(door, resource={"type": "account", "id": text})


def test_a_revision_that_is_not_there_yet_is_waited_for_by_neither_for_long(door):
    assert same(door, asked(context={"at_least_revision": "9" * 18}))[0] == 503


def test_two_people_swap_their_names(door):
    assert permitted(door, "asker@world.example")
    assert codes(door, "colleague@world.example") == ["no_grant"]
    with door.work() as work:
        for one, other in (("asker", "x"), ("colleague", "asker"), ("asker", "colleague")):
            who = directory.employee(work.session, door.ids[one])
            lifecycle.amend(work, who, {"email": f"{other}@world.example", "user_name": f"{other}2"})
    assert codes(door, "asker@world.example") == ["no_grant"]
    assert permitted(door, "colleague@world.example")


def test_a_name_that_the_feed_frees_is_the_next_ones(door):
    with door.work() as work:
        lifecycle.amend(work, directory.employee(work.session, door.ids["colleague"]), {"email": "ASKER@world.example"})
    assert codes(door, "asker@world.example") == ["subject_unknown"]
    with door.work() as work:
        lifecycle.remove(work, directory.employee(work.session, door.ids["colleague"]), "gone")
    assert permitted(door, "asker@world.example")
    with door.work() as work:
        lifecycle.remove(work, directory.employee(work.session, door.ids["asker"]), "gone")
    assert codes(door, "asker@world.example") == ["subject_unknown"]
    assert "subject_inactive" in codes(door, "asker")
    with door.work() as work:
        lifecycle.come_back(work, directory.employee(work.session, door.ids["asker"]), {})
    assert codes(door, "asker@world.example") == ["grant_revoked"]


def test_a_handle_that_was_refused_is_the_next_ones(door):
    nobody = asked(resource={"type": "account", "id": "x:fresh"})
    assert same(door, nobody)[1]["context"]["reasons"][0]["code"] == "account_unknown"
    made = door.account("fresh")
    assert same(door, nobody)[1]["context"]["reasons"][0]["code"] == "no_grant"
    door.post(f"/v1/accounts/{made}/suspend", "boss", {})
    assert [one["code"] for one in same(door, nobody)[1]["context"]["reasons"]] == ["account_not_active", "no_grant"]


INSTANTS = [
    timedelta(microseconds=n) for n in (-1, 0, 1, 500, 500_000, 999_499, 999_500, 999_999, 1_000_000, 1_000_001)
]


@pytest.mark.parametrize("part", [0, 499_999, 999_500, 999_999])
def test_a_right_ends_at_its_very_instant(door, part):
    """SQLite rounds what it reads of an instant to thousandths of a second (I02)."""
    ends = (door.clock.now + timedelta(days=1)).replace(microsecond=part)
    with door.work() as work:
        row = work.session.query(Grant).filter_by(employee_id=door.ids["asker"]).one()
        row.valid_until = ends
        audit.record(work, "grant.resumed", ("grant", row.id))
    for by in sorted(INSTANTS):
        door.clock.now = ends + by
        assert permitted(door) is (by < timedelta(0)), by
    for by in sorted(INSTANTS, reverse=True):
        door.clock.now = ends + by
        assert permitted(door) is (by < timedelta(0)), by


@pytest.mark.parametrize("part", [0, 999_500, 999_999])
def test_every_instant_is_read_as_it_was_written(team, part):
    """All that a decision may turn on, on either database, to the microsecond."""
    team.clock.now = team.clock.now.replace(microsecond=part)
    opened(team)
    with operator_work(team.house, write=False) as work:
        index = service.load(work)
        rows = list(work.session.query(Grant))
        assert rows
        for row in rows:
            person, account = index.people.row_of(row.employee_id.bytes), index.accounts.row_of(row.account_id.bytes)
            (held,) = index.grants.of_pair(person, account)
            tenure = held.tenure()
            assert (tenure.valid_from, tenure.valid_until, tenure.created_at) == (
                row.valid_from, row.valid_until, row.created_at,
            )  # fmt: skip


def test_a_freeze_ends_and_a_model_begins_at_their_very_instants(door):
    until = door.clock.now + timedelta(hours=1, microseconds=999_999)
    stop = {"scope": {"kind": "network", "id": "x"}, "severity": "L1", "reason": "A test.", "until": until.isoformat()}
    door.post("/v1/freezes", "boss", stop, 201)
    for by in sorted(INSTANTS):
        door.clock.now = until + by
        assert permitted(door) is (by >= timedelta(0)), by
    begins = door.clock.now + timedelta(hours=1, microseconds=999_999)
    door.switch("boss", "centralized", effective_from=begins.isoformat())
    for by in sorted(INSTANTS):
        door.clock.now = begins + by
        assert permitted(door) is (by < timedelta(0)), by
    door.clock.now = begins - timedelta(microseconds=1)
    assert permitted(door)


def test_an_appointment_lifts_a_ceiling_for_as_long_as_it_lasts(door):
    door.switch("boss", "centralized")
    assert codes(door) == ["above_model_ceiling", *codes(door)[1:]]
    begins = door.clock.now + timedelta(hours=1, microseconds=999_999)
    ends = begins + timedelta(hours=1)
    body = {
        "employee_id": str(door.ids["asker"]), "role": "content_strategist",
        "valid_from": begins.isoformat(), "valid_until": ends.isoformat(),
    }  # fmt: skip
    door.post("/v1/appointments", "boss", body, 201)
    for at, inside in ((begins, lambda by: by >= timedelta(0)), (ends, lambda by: by < timedelta(0))):
        for by in sorted(INSTANTS):
            door.clock.now = at + by
            assert ("above_model_ceiling" not in codes(door)) is inside(by), (at, by)


def test_who_is_hired_and_leaves_by_the_day(door):
    """The last day's end where the unit is, also when its clock is set to another zone meanwhile."""
    door.want(200, "PATCH", "/v1/business-units/sales", "boss", {"timezone": "Asia/Kathmandu"})
    amend(door, "asker", terminated_on=(door.clock.now + timedelta(days=2)).date())
    with door.work(write=False) as work:
        ends = directory.employee(work.session, door.ids["asker"]).ends_at
    for by in INSTANTS[:3]:
        door.clock.now = ends + by
        assert permitted(door) is (by < timedelta(0))
    door.clock.now = ends - timedelta(hours=1)
    assert permitted(door)
    door.want(200, "PATCH", "/v1/business-units/sales", "boss", {"timezone": "America/St_Johns"})
    for hours in (0, 1, 5, 9, 10, 12):
        door.clock.turn(hours=hours)
        permitted(door)


def test_hours_of_posting_across_a_change_of_the_clocks(door):
    """Attack I03."""
    door.want(200, "PATCH", "/v1/business-units/sales", "boss", {"timezone": "Australia/Lord_Howe"})
    door.switch("boss", "hub_and_spoke")
    week = {day: ["01:30-02:15"] for day in ("sat", "sun", "mon")}
    policy = {"key": "hours", "title": "Hours", "scope": {"kind": "enterprise"}}
    door.post("/v1/policies", "boss", policy, 201)
    door.post("/v1/policies/hours/versions", "boss", {"text": "Hours.", "rules": {"posting_hours": week}}, 201)
    door.post("/v1/policies/hours/versions/1/publish", "boss2", {})
    assert "outside_posting_hours" in codes(door)
    at = door.clock.now.replace(month=4, day=4, hour=14, minute=20, second=59, microsecond=999_999)
    seen = set()
    for _ in range(150):  # the half hour that is there twice on Lord Howe Island
        door.clock.now = at
        seen.add("outside_posting_hours" in codes(door))
        at += timedelta(seconds=30, microseconds=1)
    assert seen == {True, False}


def test_content_that_was_posted_once_and_denied_many_times_was_posted(door):
    """An answer must not depend on how many clearances of a content lie between."""
    door.switch("boss", "hub_and_spoke")
    policy = {"key": "cleared", "title": "Cleared", "scope": {"kind": "enterprise"}}
    door.post("/v1/policies", "boss", policy, 201)
    door.post("/v1/policies/cleared/versions", "boss", {"text": "Ask.", "rules": {"clearance_required": True}}, 201)
    door.post("/v1/policies/cleared/versions/1/publish", "boss2", {})
    digest = sha256(b"A post.").hexdigest()
    body = {"account_id": door.acme, "content_sha256": digest}
    made = door.post("/v1/clearances", "asker", body, 201)
    door.post(f"/v1/clearances/{made['id']}/decisions", "content", {"decision": "approve", "comment": "Yes."})
    door.post(f"/v1/clearances/{made['id']}/redeem", None, {"content_sha256": digest}, bearer=door.gateway)
    post = {"context": {"content_sha256": digest}}
    assert "clearance_used" in codes(door, **post)
    for _ in range(21):
        door.clock.turn(seconds=1)
        again = door.post("/v1/clearances", "asker", body, 201)
        door.post(f"/v1/clearances/{again['id']}/decisions", "content", {"decision": "deny", "comment": "No."})
    with door.work(write=False) as work:
        assert work.session.query(Clearance).count() == 22
    assert "clearance_used" in codes(door, **post)


def test_what_is_asked_once_leaves_nothing_behind(door):
    """Each post has a digest of its own: answers that go must go from everywhere."""
    for n in range(30):
        same(door, asked(context={"content_sha256": sha256(str(n).encode()).hexdigest()}))
        amend(door, "asker", title=f"Title {n}")
    desk = door.prompt.desk
    assert len(desk.answers) < 10
    assert sum(map(len, desk._of_account.values())) < 10
    assert sum(map(len, desk._of_person.values())) < 10


def test_what_nobody_is_called_is_not_kept(door):
    """Texts as long as a body may be would fill the memory long before so many answers are kept."""
    long = "a" * 100_000
    for body in (
        asked(long), asked(action={"name": long}), asked(resource={"type": "account", "id": long}),
        asked(resource={"type": "account", "id": f"x:{long}"}), asked(context={"tool": long, "content_sha256": long}),
    ):  # fmt: skip
        for bearer in (door.bearer, door.gateway):
            assert same(door, body, headers(door, bearer=bearer))[0] == 200
    desk = door.prompt.desk
    assert all(len(str(one)) < 2000 for one in desk.answers)
    assert all(len(one) < 2000 for one in desk.index._handles)


def test_a_client_that_ended_asks_no_more(door):
    """Not even where its question waits for the very change that ended it (A19)."""
    with door.work() as work:
        made = clients.create_client(work, "Gone", ["decisions"], static=True)
    own = headers(door, bearer=made.bearer)
    assert same(door, asked(), own)[0] == 200
    prompt = door.prompt
    behind = prompt.desk
    with door.work() as work:
        clients.revoke_client(work, made.client_id)
    waited = []

    class Behind:
        """What follows has not heard of the change yet; it will while the question waits."""

        fresh = True

        @property
        def desk(self):
            return prompt.desk if waited else behind

        @property
        def expected(self):
            return behind.index.revision if waited else behind.index.revision + 1

        async def reach(self, revision, seconds):
            waited.append(revision)
            return True

    door.direct._follower = Behind()
    assert sent(door, own, messages(json.dumps(asked()).encode()))[0] == 401
    assert waited


def test_a_question_that_waited_is_answered_for_the_instant_after(door):
    """What was granted while it waited has begun when it is answered."""
    prompt, behind = door.prompt, door.prompt.desk
    waited = []

    class Behind:
        fresh, expected = True, behind.index.revision + 1

        @property
        def desk(self):
            return prompt.desk if waited else behind

        async def reach(self, revision, seconds):
            door.clock.turn(milliseconds=300)
            with door.work() as work:
                row = work.session.query(Grant).filter_by(employee_id=door.ids["asker"]).one()
                row.valid_from = work.now
                audit.record(work, "grant.resumed", ("grant", row.id))
            waited.append(revision)
            return True

    door.direct._follower = Behind()
    answer = sent(door, headers(door), messages(json.dumps(asked()).encode()))
    assert json.loads(answer[2])["decision"] is True
    assert waited


def test_the_clock_goes_back_before_a_token_was_made(door):
    """A token that is not valid yet is refused, however often it was good later on."""
    with door.work() as work:
        made = clients.create_client(work, "Signed", ["decisions"])
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    token = door.client.post("/oauth/token", data=form).json()["access_token"]
    own = headers(door, bearer=token)
    assert same(door, asked(), own)[0] == 200
    taken = door.taken
    assert taken
    start = door.clock.now
    for hours, status in ((-24, 401), (0, 200), (-1, 401), (2, 401), (0, 200)):
        door.clock.now = start + timedelta(hours=hours)
        assert same(door, asked(), own)[0] == status, hours


def test_the_owner_of_a_client_leaves_by_the_day(door):
    with door.work() as work:
        made = clients.create_client(work, "Owned", ["decisions"], static=True)
        work.session.get_one(Client, UUID(made.client_id)).owner_id = door.ids["colleague"]
    own = headers(door, bearer=made.bearer)
    assert same(door, asked(), own)[0] == 200
    amend(door, "colleague", terminated_on=(door.clock.now + timedelta(days=1)).date())
    assert same(door, asked(), own)[0] == 200
    door.clock.turn(days=3)
    assert same(door, asked(), own)[0] == 401
    door.clock.turn(days=-3)
    assert same(door, asked(), own)[0] == 200
    door.fire("colleague")
    assert same(door, asked(), own)[0] == 401


def test_every_way_that_changes_something_changes_the_index_alike(door):
    """After all of it the index that followed is the one that a fresh reading makes."""
    door.switch("boss", "hub_and_spoke")
    for n, model in enumerate(("dandelion", "honeycomb", "organic")):
        door.post("/v1/business-units", "boss", {"key": f"sub{n}", "name": f"Sub {n}"}, 201)
        if model != "honeycomb":
            door.switch("boss", model, f"sub{n}")
        person = f"person{n}"
        door.hire(person, f"Sub {n}", terminated_on=(door.clock.now + timedelta(days=9)).date())
        account = door.account(f"handle{n}", f"sub{n}")
        same(door, asked(person, resource={"type": "account", "id": account}))
    with door.work(write=False) as work:
        into = str(directory.unit(work.session, "sub1").id)
    for n in (0, 2):
        merged = door.call("POST", f"/v1/business-units/sub{n}/merge", "boss", {"into_id": into, "reason": "One."})
        assert merged.status_code == 200, merged.text
        same(door, asked("person0", resource={"type": "account", "id": "x:handle0"}))
    with operator_work(door.house, write=False) as work:
        fresh = content(service.load(work))
    held = content(door.prompt.desk.index)
    for name, value in fresh.items():
        assert held[name] == value, name


def test_a_batch_is_of_one_state(door):
    body = {**ASKED, "evaluations": [{}, {"subject": {"type": "employee", "id": "stranger"}}, {}]}
    assert [one["decision"] for one in same(door, body, path=EVALUATIONS)[1]["evaluations"]] == [True, False, True]
