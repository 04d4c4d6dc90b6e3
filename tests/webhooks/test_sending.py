"""Each committed event that matches is told at least once, under one id, and a receiver that fails delays no other."""

import socket
from threading import Barrier, Event, Lock, Thread

import pytest

from app.kernel import outbound
from app.kernel.outbound import Answer, Outside, Unreachable
from app.programme.training import service as training
from app.webhooks.rules import Sender
from app.webhooks.sending import rules, service, worker
from tests.authzen.requests.receiver import Receiver
from tests.webhooks.conftest import granted

HANGS = "it hangs"


# --- the outbox -------------------------------------------------------------------------------------------------------


def test_every_committed_event_that_matches_is_told_once(team, hooks):
    hook = hooks.make(events=["course.*", "grant.*", "freeze.lifted"])
    account = team.account("acme")
    hooks.event()
    grant = granted(team, account)
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", {"reason": "Over."})
    assert hooks.send() == 3 and hooks.send() == 0
    log = [
        one for one in reversed(team.events()) if one["action"] in ("course.created", "grant.issued", "grant.revoked")
    ]
    assert [one["data"]["seq"] for one in hooks.heard] == [one["seq"] for one in log]
    assert hooks.told == ["course.created", "grant.issued", "grant.revoked"]
    shown = hooks.deliveries(hook)
    assert [(one["seq"], one["state"], one["attempts"]) for one in shown] == [
        (one["seq"], "delivered", 1) for one in log
    ]
    assert {one["message_id"] for one in shown} == set(hooks.ids)
    assert grant["id"] not in str(hooks.heard[0]) and hooks.heard[2]["data"]["account_id"] == account


def test_nothing_is_told_of_what_was_rolled_back(team, hooks):
    hooks.make(events=["*"], who="boss")
    while hooks.send():
        pass
    heard = len(hooks.receiver.calls)
    with pytest.raises(ZeroDivisionError), team.work() as work:
        training.create_course(work, "never", "Never", None)
        work.session.flush()
        assert work.records
        1 / 0
    bearer = team.token("boss")
    team.want(409, "POST", "/v1/business-units", body={"key": "sales", "name": "Sales"}, bearer=bearer)
    hooks.send()
    assert "never" not in str(hooks.receiver.told) and [one for one in hooks.told[heard:] if "token" not in one] == []


def test_a_receiver_that_orders_by_number_rebuilds_the_state(team, hooks):
    """Whatever comes late, twice or in disorder: the highest number of each subject tells how it is."""
    hook = hooks.make(events=["grant.*"])
    account = team.account("acme")
    first, second = granted(team, account), granted(team, account, "colleague")
    for n, verb in enumerate(("suspend", "resume", "suspend")):
        team.clock.turn(minutes=1)
        team.post(f"/v1/grants/{first['id']}/{verb}", "hub", {"reason": str(n)})
    hooks.receiver.answers = [(204, {}), (500, {}), (204, {}), (500, {}), (204, {})]
    hooks.send()
    team.post(f"/v1/grants/{second['id']}/revoke", "hub", {"reason": "Over."})
    hooks.redeliver(hook, from_seq=1)
    for _ in range(3):
        team.clock.turn(minutes=10)
        hooks.send()
    assert len(hooks.ids) > len(set(hooks.ids)), "some came twice"
    kept = {}
    for one in hooks.receiver.told:
        data = one["data"]
        known = kept.get(data["subject"]["id"])
        if known is None or known["seq"] < data["seq"]:
            kept[data["subject"]["id"]] = data
    state = {id_: one["after"]["state"] for id_, one in kept.items()}
    shown = {one["id"]: one["state"] for one in team.get("/v1/grants", "boss")["items"]}
    assert state == shown == {first["id"]: "suspended", second["id"]: "revoked"}


def test_events_are_read_in_parts_however_many_there_are(team, hooks, monkeypatch):
    monkeypatch.setattr(service.read_on, "__defaults__", (2,))
    hooks.make(events=["course.*"])
    for _ in range(5):
        hooks.event()
    assert hooks.send() == 5 and len(set(hooks.ids)) == 5


def test_h13_of_three_workers_each_event_is_claimed_by_one(team, hooks, monkeypatch):
    sent, lock = [], Lock()

    def post(to, body, headers, **_):
        with lock:
            sent.append((to.path, headers["webhook-id"]))
        return Answer(204)

    monkeypatch.setattr(outbound, "post", post)
    made = [hooks.make(events=["course.*"], url=f"https://tool.example.com/{n}") for n in range(3)]
    for _ in range(8):
        hooks.event()
    gate, failed = Barrier(3), []

    def run():
        gate.wait()
        try:
            while hooks.send():
                pass
        except Exception as error:
            failed.append(error)

    each = [Thread(target=run) for _ in range(3)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    assert failed == [] and len(sent) == len(set(sent)) == 24
    for hook in made:
        assert [one["attempts"] for one in hooks.deliveries(hook)] == [1] * 8
    team.intact()


def test_k02_who_dies_between_sending_and_marking_leaves_it_to_be_sent_again_under_the_same_id(
    team, hooks, monkeypatch
):
    hook = hooks.make(events=["course.*"])
    hooks.event()

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    monkeypatch.setattr(service, "settle", killed)
    with pytest.raises(Killed):
        hooks.send()
    monkeypatch.undo()
    assert len(hooks.receiver.calls) == 1
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 1, "as long as its claim lasts it may still be alive"
    team.clock.turn(seconds=rules.CLAIM.total_seconds())
    assert hooks.send() == 1
    assert hooks.ids[0] == hooks.ids[1] and hooks.receiver.calls[0][2] == hooks.receiver.calls[1][2]
    assert [one["attempts"] for one in hooks.deliveries(hook)] == [2]


def test_one_that_always_kills_its_sender_ends_too(team, hooks, monkeypatch):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    monkeypatch.setattr(service, "settle", lambda *_: 1 / 0)
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            hooks.send()
        team.clock.turn(minutes=5)
    monkeypatch.undo()
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 10
    assert hooks.deliveries(hook)[0]["state"] == "failed"


def test_who_comes_back_too_late_marks_nothing(team, hooks):
    """K14: its claim has run out, and somebody else has the delivery."""
    hook = hooks.make(events=["course.*"])
    hooks.event()
    worker.read_all(hooks.house)
    with team.work() as work:
        ((late,),) = service.take(work, {}, [])
    team.clock.turn(minutes=3)
    assert hooks.send() == 1
    with team.work() as work:
        service.settle(work, [(late, rules.Result(status=500, error="late"), 0.0)])
    (shown,) = hooks.deliveries(hook)
    assert (shown["state"], shown["last_error"]) == ("delivered", None)


# --- when a receiver fails ---------------------------------------------------------------------------------------------


def test_the_schedule_and_its_end(team, hooks):
    """The waits of the schedule, each by up to a fifth longer; then the delivery is given up, and can be sent anew."""
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.receiver.answers = [(500, {})]
    for n, wait in enumerate(rules.SCHEDULE, start=1):
        assert hooks.send() == 0 and len(hooks.receiver.calls) == n
        (shown,) = hooks.deliveries(hook)
        assert (shown["state"], shown["attempts"], shown["last_status"]) == ("waiting", n, 500)
        team.clock.turn(seconds=wait.total_seconds() - 1)
        hooks.send()
        assert len(hooks.receiver.calls) == n, "not before its time"
        team.clock.turn(seconds=1 + wait.total_seconds() / 5)
        if hooks.get(hook)["state"] == "disabled":
            hooks.change(hook, state="active")
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 10
    (shown,) = hooks.deliveries(hook)
    assert (shown["state"], shown["last_error"]) == ("failed", "The receiver answered 500.")
    assert len(set(hooks.ids)) == 1 and len({body for _, _, body in hooks.receiver.calls}) == 1
    team.clock.turn(days=3)
    hooks.send()
    assert len(hooks.receiver.calls) == 10
    hooks.receiver.answers = [(204, {})]
    assert hooks.redeliver(hook, delivery_id=shown["id"])["id"] == hook["id"]
    assert hooks.send() == 1 and len(set(hooks.ids)) == 1
    assert [(one["state"], one["attempts"]) for one in hooks.deliveries(hook)] == [("delivered", 1)]
    assert team.events(action="webhook.replayed")[0]["after"] == {"seq": shown["seq"]}


def test_the_schedule_is_the_standards():
    waits = [one.total_seconds() for one in rules.SCHEDULE]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


@pytest.mark.parametrize(
    ("jitter", "asked", "wait"),
    [(0.0, None, 5), (1.0, None, 6), (0.5, 3600, 3600), (0.0, 1, 5), (0.0, 315_360_000, 86_400)],
)
def test_how_long_is_waited(team, hooks, jitter, asked, wait):
    """G05: a receiver says how long to wait, though not for ten years."""
    hooks.make(events=["course.*"])
    hooks.event()
    worker.read_all(hooks.house)
    with team.work() as work:
        ((one,),) = service.take(work, {}, [])
    values = rules.after(one, rules.Result(429, "The receiver answered 429.", asked), team.clock.now, jitter)
    assert (values["due_at"] - team.clock.now).total_seconds() == wait and "state" not in values


def test_retry_after_comes_through(team, hooks):
    hooks.make(events=["course.*"])
    hooks.event()
    hooks.receiver.answers = [(429, {"Retry-After": "3600"}), (204, {})]
    hooks.send()
    team.clock.turn(seconds=3599)
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 1
    team.clock.turn(seconds=1)
    assert hooks.send() == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 404, 500, 503])
def test_g03_all_but_2xx_is_a_failure_and_nothing_is_followed(hooks, status):
    other = Receiver()
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.receiver.answers = [(status, {"Location": other.url})]
    assert hooks.send() == 0 and other.calls == []
    (shown,) = hooks.deliveries(hook)
    assert (shown["state"], shown["last_status"]) == ("waiting", status)
    assert hooks.get(hook)["failing_since"] is not None
    other.close()


def test_g05_410_disables_with_an_event_and_a_notice(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.event()
    hooks.receiver.answers = [(410, {})]
    hooks.send()
    heard = len(hooks.receiver.calls)
    shown = hooks.get(hook)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "The receiver answered 410: it is gone.")
    assert len(team.events(action="webhook.disabled")) == 1
    assert [one["kind"] for one in team.get("/v1/me/notices", "developer")["items"]] == ["webhook_disabled"]
    hooks.event()
    team.clock.turn(days=1)
    assert hooks.send() == 0 and len(hooks.receiver.calls) == heard
    hooks.receiver.answers = [(204, {})]
    assert hooks.change(hook, "developer", state="active")["failing_since"] is None
    hooks.send()
    told = {one["data"]["seq"] for one in hooks.receiver.told[heard:]}
    assert hooks.deliveries(hook)[-1]["seq"] in told, "it goes on where it stopped"


def test_a_receiver_that_takes_nothing_for_five_days_is_told_nothing_more(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(500, {})]
    for _ in range(5):
        hooks.event()
        hooks.send()
        team.clock.turn(days=1, seconds=-1)
    assert hooks.get(hook)["state"] == "active"
    hooks.receiver.answers = [(204, {}), (500, {})]
    hooks.event()
    hooks.send()  # something was taken: the days are counted anew
    assert hooks.get(hook)["state"] == "active"
    for _ in range(6):
        team.clock.turn(days=1, seconds=1)
        hooks.event()
        hooks.send()
    assert hooks.get(hook)["disabled_reason"] == "The receiver has taken nothing for 5 days."
    assert len(team.events(action="webhook.disabled")) == 1


def test_a_success_ends_the_failing(hooks):
    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(500, {}), (204, {})]
    hooks.event()
    hooks.send()
    assert hooks.get(hook)["failing_since"] == "2026-03-02T09:00:00Z"
    hooks.event()
    assert hooks.send() == 1 and hooks.get(hook)["failing_since"] is None


def test_a_dead_receiver_is_tried_ever_more_rarely_however_much_waits_for_it(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(500, {})]
    hooks.event()
    hooks.send()
    for _ in range(6):
        hooks.event()
    team.clock.turn(seconds=10)
    hooks.send()
    assert len(hooks.receiver.calls) == 2, "one attempt, and then a tenth of the time that it has failed"
    team.clock.turn(milliseconds=999)
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 2
    team.clock.turn(milliseconds=1)
    hooks.send()
    assert len(hooks.receiver.calls) == 3
    team.clock.turn(days=1)
    hooks.send()
    team.clock.turn(seconds=29)
    hooks.send()
    assert len(hooks.receiver.calls) == 4
    team.clock.turn(seconds=1)
    hooks.send()
    assert len(hooks.receiver.calls) == 5
    hooks.receiver.answers = [(204, {})]
    team.clock.turn(seconds=30)
    hooks.send()
    assert {one["state"] for one in hooks.deliveries(hook)} == {"delivered"}, "and then all at once"


def test_who_has_recovered_gets_at_once_what_failed_a_few_times(team, hooks):
    """What fails by itself, beside others that are taken, keeps to the schedule from its third wait on."""
    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(500, {}), (500, {}), (204, {})]
    hooks.event()
    hooks.send()
    team.clock.turn(seconds=6)
    hooks.send()
    (one,) = hooks.deliveries(hook)
    assert (one["attempts"], one["due_at"] > "2026-03-02T09:05") == (2, True)
    team.clock.turn(seconds=1)
    hooks.event()
    assert hooks.send() == 2
    assert {one["state"] for one in hooks.deliveries(hook)} == {"delivered"}


def test_what_fails_by_itself_is_not_hastened_for_ever(team, hooks, monkeypatch):
    refused = []

    def post(to, body, headers, **_):
        if b"course-0" in body:
            refused.append(1)
            return Answer(500)
        return Answer(204)

    monkeypatch.setattr(outbound, "post", post)
    hook = hooks.make(events=["course.*"])
    for _ in range(12):
        hooks.event()
        hooks.send()
        team.clock.turn(seconds=10)
    assert len(refused) <= 4 and hooks.deliveries(hook)[0]["attempts"] == len(refused)
    assert hooks.deliveries(hook)[0]["due_at"] > "2026-03-02T11:00"


# --- a dead one beside others ------------------------------------------------------------------------------------------


def test_g06_dead_receivers_never_take_every_place(team, hooks, monkeypatch):
    """Eight that hang, and one that answers: what it is to be told comes through while all others are still hanging."""
    for n in range(8):
        hooks.make("boss", events=["course.*"], url=f"https://dead{n}.example.com/")
    alive = hooks.make("developer", events=["course.*", "grant.*"], url="https://alive.example.com/")
    release, heard, hanging = Event(), [], []
    failing = True

    def post(to, body, headers, **_):
        if to.host.startswith("alive"):
            heard.append(headers["webhook-id"])
            return Answer(204)
        hanging.append(to.host)
        if not failing and not release.wait(120):
            raise AssertionError("nobody let go")
        raise Unreachable(HANGS)

    monkeypatch.setattr(outbound, "post", post)
    hooks.event()
    hooks.send()  # all eight are known to fail from now on
    assert len(heard) == 1 and len(hanging) == 8
    failing = False
    for _ in range(3):
        hooks.event()
    team.clock.turn(seconds=6)
    hanging.clear()
    most = 0

    def watch():
        nonlocal most
        most = most if release.is_set() else max(most, len(hanging))
        if len(heard) == 4:
            release.set()  # only now anybody who hangs lets go
        return False

    hooks.send(stopping=watch)
    assert release.is_set() and len(heard) == 4, "it did not wait for those that hang"
    assert most <= rules.OF_FAILING
    assert {one["state"] for one in hooks.deliveries(alive)} == {"delivered"}


def test_how_places_are_given():
    from uuid import UUID

    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    assert rules.slots([(a, False), (b, False)], {}) == {a: 2, b: 2}
    assert rules.slots([(a, False)], {a: 1}) == {a: 1} and rules.slots([(a, False)], {a: 2}) == {}
    assert rules.slots([(a, True)], {}) == {a: 1} and rules.slots([(a, True)], {a: 1}) == {}
    many = [UUID(int=n) for n in range(20)]
    assert len(rules.slots([(one, True) for one in many], {})) == rules.OF_FAILING
    told = rules.slots([*((one, True) for one in many), (UUID(int=99), False)], {})
    assert told[UUID(int=99)] == 2
    assert sum(rules.slots([(one, False) for one in many], {c: 2}).values()) == rules.AT_ONCE - 2
    assert rules.slots([(a, False)], dict.fromkeys(many[5:9], 2)) == {}


def test_one_that_fails_does_not_hold_up_what_comes_after_it(hooks):
    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(500, {}), (204, {})]
    for _ in range(3):
        hooks.event()
    assert hooks.send() == 2
    assert sorted(one["state"] for one in hooks.deliveries(hook)) == ["delivered", "delivered", "waiting"]


def watched_lanes(monkeypatch):
    """How many messages each lane had, and how many of them were sent."""
    real, lanes = worker.send_all, []

    def send_all(sender, clock, lane):
        results = real(sender, clock, lane)
        lanes.append((len(lane), len(results)))
        return results

    monkeypatch.setattr(worker, "send_all", send_all)
    return lanes


def test_what_was_taken_behind_one_that_fails_is_given_back_untried(hooks, monkeypatch):
    seen = []

    def post(to, body, headers, **_):
        seen.append(headers["webhook-id"])
        return Answer(500)

    monkeypatch.setattr(outbound, "post", post)
    lanes = watched_lanes(monkeypatch)
    hook = hooks.make(events=["course.*"])
    for _ in range(9):
        hooks.event()
    hooks.send()
    tried = {one["message_id"]: one["attempts"] for one in hooks.deliveries(hook) if one["attempts"]}
    assert tried == dict.fromkeys(seen, 1) and len(seen) == len(set(seen)), "an attempt is what was sent"
    assert sorted(lanes)[-1] == (5, 1) and {sent for _, sent in lanes} == {1}, "a lane ends with the first that fails"
    assert {row["claimed_until"] for row in hooks.rows()} == {None}


def test_a_lane_ends_in_time(hooks, monkeypatch):
    assert rules.LANE_SECONDS + outbound.SECONDS < rules.CLAIM.total_seconds() < 60
    monkeypatch.setattr(rules, "LANE_SECONDS", -1.0)
    lanes = watched_lanes(monkeypatch)
    hook = hooks.make(events=["course.*"])
    for _ in range(5):
        hooks.event()
    assert hooks.send() == 5 and sorted(lanes)[-1] == (3, 1) and {sent for _, sent in lanes} == {1}
    assert [one["attempts"] for one in hooks.deliveries(hook)] == [1] * 5 and len(hooks.ids) == 5


# --- replay -------------------------------------------------------------------------------------------------------------


def test_replay_from_a_number_tells_everything_again_under_the_same_ids(team, hooks):
    hooks.event()  # before there was a webhook
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    assert len(hooks.ids) == 1
    assert hooks.redeliver(hook, from_seq=1)["next_seq"] == 1
    assert hooks.send() == 2
    assert set(hooks.ids[1:]) == {hooks.ids[0], *hooks.ids} and len(set(hooks.ids)) == 2
    assert len(hooks.deliveries(hook)) == 2
    assert team.events(action="webhook.replayed")[0]["after"] == {"from_seq": 1}


def test_a_number_ahead_skips_what_lies_between(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.change(hook, "developer", state="disabled")
    hooks.event()
    assert hooks.send() == 0
    newest = team.events()[0]["seq"]
    hooks.redeliver(hook, from_seq=newest + 1, who="developer")
    hooks.change(hook, "developer", state="active")
    hooks.event()
    assert hooks.send() == 1 and hooks.receiver.told[0]["data"]["after"]["key"] == "course-1"


def test_a_disabled_one_goes_on_where_it_stopped(hooks):
    hook = hooks.make(events=["course.*"])
    hooks.change(hook, "developer", state="disabled")
    hooks.event()
    assert hooks.send() == 0 and hooks.receiver.calls == [] and hooks.deliveries(hook) == []
    hooks.change(hook, "developer", state="active")
    assert hooks.send() == 1


def test_what_is_waiting_already_is_not_begun_anew_by_a_replay(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.receiver.answers = [(500, {})]
    hooks.send()
    hooks.redeliver(hook, from_seq=1)
    hooks.send()
    (shown,) = hooks.deliveries(hook)
    assert (shown["state"], shown["attempts"]) == ("waiting", 1) and len(hooks.receiver.calls) == 1


def test_ended_deliveries_are_forgotten_after_a_month_and_waiting_ones_never(team, hooks):
    from app.sweeping.service import TASKS
    from app.sweeping.worker import sweep

    hook = hooks.make(events=["course.*"])
    hooks.receiver.answers = [(204, {}), (500, {})]
    hooks.event()
    hooks.event()
    hooks.send()
    (task,) = [one for one in TASKS if one.name == "deliveries_forgotten"]
    team.clock.turn(days=30)
    assert sweep(team.house, [task])[0].done == 0
    team.clock.turn(seconds=1)
    assert sweep(team.house, [task])[0].done == 1
    assert [one["state"] for one in hooks.deliveries(hook)] == ["waiting"]


def test_a_removed_webhook_takes_its_deliveries_along_even_while_one_is_sent(team, hooks, monkeypatch):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    real = outbound.post

    def post(*args, **named):
        assert team.call("DELETE", f"/v1/webhooks/{hook['id']}", "boss").status_code == 204
        return real(*args, **named)

    monkeypatch.setattr(outbound, "post", post)
    hooks.send()
    assert hooks.rows() == [] and hooks.rows("webhook") == []


# --- where messages go --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], []])
def test_g02_a_name_that_leads_inside_by_now_is_not_called(team, hooks, answers, monkeypatch):
    """DNS rebinding, and one bad answer among good ones: the address was fine when it was given."""
    hook = hooks.make(events=["course.*"], url="https://tool.example.com/events")
    hooks.event()
    dialled = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **_: dialled.append(args) or 1 / 0)
    hooks.sender = Sender(Outside("https://coe.example.com"), hooks.sender.key, lambda host, port: answers)
    assert hooks.send() == 0 and dialled == []
    (shown,) = hooks.deliveries(hook)
    assert shown["state"] == "waiting" and "tool.example.com" in shown["last_error"]


def test_g01_an_address_that_is_not_called_any_more_is_looked_at_again_when_it_is_sent(team, hooks):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.sender = Sender(Outside("https://coe.example.com"), hooks.sender.key)
    assert hooks.send() == 0 and hooks.receiver.calls == []
    assert "must be https" in hooks.deliveries(hook)[0]["last_error"]
    hooks.sender = Sender(Outside("http://127.0.0.1:8000", frozenset({"other.example.com"})), hooks.sender.key)
    hooks.change(hook, "developer", url="https://tool.example.com/x")
    hooks.team.clock.turn(seconds=10)
    assert hooks.send() == 0 and "none of them" in hooks.deliveries(hook)[0]["last_error"]


def test_g05_an_endless_body_is_not_read(hooks):
    """Ten gigabytes, or as many as are taken: the answer is judged by its head."""
    sent, closed = [], Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
            try:
                while True:
                    sent.append(connection.send(b"x" * 65536))
            except OSError:
                closed.set()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    hook = hooks.make(events=["course.*"], url=f"http://127.0.0.1:{server.getsockname()[1]}/")
    hooks.event()
    assert hooks.send() == 1 and closed.wait(60)
    thread.join()
    server.close()
    assert sum(sent) < 64 << 20 and hooks.deliveries(hook)[0]["state"] == "delivered"


def test_g05_who_hangs_is_let_go_and_tried_again(hooks, monkeypatch):
    server = socket.create_server(("127.0.0.1", 0))  # takes connections, and never says a word
    monkeypatch.setattr(outbound.post, "__kwdefaults__", {**outbound.post.__kwdefaults__, "seconds": 0.05})
    hook = hooks.make(events=["course.*"], url=f"http://127.0.0.1:{server.getsockname()[1]}/")
    hooks.event()
    assert hooks.send() == 0
    server.close()
    (shown,) = hooks.deliveries(hook)
    assert (shown["state"], shown["last_status"]) == ("waiting", None) and "TimeoutError" in shown["last_error"]


def test_g09_proxies_of_the_environment_are_not_used(hooks, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    hooks.make(events=["course.*"])
    hooks.event()
    assert hooks.send() == 1


def test_an_error_that_a_receiver_caused_is_one_line(hooks, monkeypatch):
    def post(*_, **__):
        raise Unreachable("bad\r\nforged log line " + "x" * 1000)

    monkeypatch.setattr(outbound, "post", post)
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    said = hooks.deliveries(hook)[0]["last_error"]
    assert "\n" not in said and len(said) <= 300


# --- the errand ---------------------------------------------------------------------------------------------------------


def test_events_have_an_errand_that_looks_every_second(team):
    from app.sweeping import service as sweeping

    (errand,) = [one for one in sweeping.errands(team.settings) if one.name == "events_sent"]
    assert errand.seconds == worker.LOOK_SECONDS <= 2


def test_a_look_that_finds_nothing_opens_no_writing_transaction(team, hooks):
    from dataclasses import replace

    hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    hooks.send()

    class NotToBeOpened:
        def begin(self):
            raise AssertionError("a look opened a writing transaction")

    assert worker.deliver(hooks.sender, replace(hooks.house, writes=NotToBeOpened())) == 0


def test_who_is_to_stop_begins_nothing_more(hooks):
    hooks.make(events=["course.*"])
    hooks.event()
    assert hooks.send(stopping=lambda: True) == 0 and hooks.receiver.calls == []
    assert hooks.send() == 1
