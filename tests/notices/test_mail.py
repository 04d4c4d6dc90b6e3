"""Mail as it arrives: once, whole, to whom wants it, whatever the server or a name does."""

import smtplib
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.directory import service as directory_service
from app.directory import store as directory
from app.kernel.access import operator_work
from app.kernel.database import engine_for
from app.kernel.ids import new_id
from app.lifecycle import service as lifecycle
from app.main import house_for
from app.notices import rules, store, worker
from app.notices.rules import Email, NoticeKind, Preferences, server_of
from tests.notices.conftest import PUBLIC
from tests.notices.sink import Sink

SETTINGS = "/v1/me/notification-settings"
WHY = {"reason": "A test."}


def amend(team, who, **changes):
    with team.work() as work:
        lifecycle.amend(work, directory.employee(work.session, team.ids[who]), changes)


def choose(team, who, email, **kinds):
    team.want(200, "PUT", SETTINGS, who, {"email": email, "kinds": kinds})


def test_a_notice_arrives_in_plain_text_and_in_html(team, office, account):
    asked = team.ask("asker", account)
    assert office.send() == 1 and office.send() == 0
    (mail,) = office.sink.mails
    assert mail.to == ["liaison@world.example"] and "<coe@world.example>" in mail.sender
    assert mail["From"] == "CoE <coe@world.example>" and mail["To"] == "Liaison <liaison@world.example>"
    assert mail["Subject"] == "Waits for your decision: publish on x:acme_sales"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == team.clock.now
    for kind in ("plain", "html"):
        assert "Asker asks for publish on x:acme_sales." in mail.text(kind)
        assert f"{PUBLIC}/v1/rights-requests/{asked['id']}" in mail.text(kind)
        assert f"{PUBLIC}/docs" in mail.text(kind)
    (row,) = office.rows()
    assert (row["state"], row["attempts"], row["last_error"]) == ("sent", 1, None)
    assert team.get("/v1/me/notices", "liaison")["items"][0]["sent_at"] == "2026-03-02T09:00:00Z"


def test_every_link_begins_with_the_public_address(team, office, account):
    team.ask("asker", account)
    office.send()
    for kind in ("plain", "html"):
        text = office.sink.mails[0].text(kind)
        assert text.count("http") == text.count(PUBLIC) > 0


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: all@world.example", "Eve\nSubject: Win", "Eve <a href='https://evil.example'>here</a>",
        "Eve\u202e\u2028 evil", 'Eve" <eve@evil.example>, "', "{0.__class__}{requester}", "{{ 7 * 7 }}", "Ève Ñandú " * 40,
    ],
)  # fmt: skip
def test_a_name_is_a_name_wherever_it_stands(team, office, account, name):
    """Attack E08."""
    amend(team, "asker", display_name=name)
    amend(team, "liaison", display_name=name)
    team.ask("asker", account)
    assert office.send() == 1
    (mail,) = office.sink.mails
    assert mail.to == ["liaison@world.example"]
    assert mail["Bcc"] is None and len(mail.message.get_all("Subject")) == 1
    assert mail["Subject"] == "Waits for your decision: publish on x:acme_sales"
    assert [one.addr_spec for one in mail["To"].addresses] == ["liaison@world.example"]
    assert "<a href='https://evil" not in mail.text("html") and "49" not in mail.text("html").partition("Hello")[2][:40]
    assert rules.one_line(name) in mail.text().replace("\n", " ")
    assert "\u202e" not in mail.text() + mail.text("html") and mail.data.isascii()


@pytest.mark.parametrize(
    "address",
    ["liaison@world.example\r\nBcc: all@world.example", "a@b.example, c@d.example", "a@b@c.example", "nobody", "<a@b.example>",
     "@world.example", "liaison@", "a b@c.example", "a@b.example;c@d.example", "a(x)@b.example", "a@b.example "],
)  # fmt: skip
def test_an_address_that_is_not_exactly_one_gets_no_mail(team, office, account, address):
    """Attack E09."""
    amend(team, "liaison", email=address)
    team.ask("asker", account)
    assert office.send() == 0 and office.sink.mails == []
    (row,) = office.rows()
    assert (row["state"], row["last_error"]) == ("failed", "ValueError: not an e-mail address")


def test_an_address_beyond_ascii_is_refused_for_good_by_a_server_that_cannot_take_it(team, office, account):
    amend(team, "liaison", email="liaisón@world.example")
    team.ask("asker", account)
    assert office.send() == 0
    assert office.rows()[0]["state"] == "failed"


def test_two_senders_at_once_send_everything_once(team, office, account):
    for n in range(30):
        team.hire(f"deputy-{n}", "Sales")
        team.appoint(f"deputy-{n}", "bu_liaison", "sales")
    team.ask("asker", account)
    gate, counts = Barrier(4), []

    def send():
        gate.wait()
        counts.append(office.send())

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    to = sorted(address for mail in office.sink.mails for address in mail.to)
    assert len(to) == len(set(to)) == sum(counts) == 31
    assert {row["state"] for row in office.rows()} == {"sent"}


def test_while_mail_is_sent_no_transaction_is_open(team, office, account):
    team.ask("asker", account)
    seen = []

    def write():  # would wait in vain for a lock that the sender holds
        with team.work() as work:
            work.session.execute(sa.text("UPDATE notice SET attempts = 7"))
        seen.append([(row["state"], row["attempts"], row["claimed_until"] is not None) for row in office.rows()])

    office.sink.on_mail = write
    assert office.send() == 1
    assert seen == [[("waiting", 7, True)]]


def test_a_daily_mail_gathers_what_came_until_eight_where_the_unit_is(team, office, account):
    with team.work() as work:
        directory_service.update_unit(work, "sales", {"timezone": "America/New_York"})
    choose(team, "liaison", "daily")
    team.clock.now = datetime(2026, 3, 2, 12, 59, tzinfo=UTC)  # 07:59 in New York
    team.ask("asker", account)
    team.clock.turn(minutes=1)
    team.ask("asker", account, ["engage"])  # at eight sharp: of the next day's
    assert office.send() == 1 and len(office.sink.mails) == 1
    team.clock.turn(hours=3)
    team.ask("asker", account, ["analyze"])
    team.clock.turn(hours=21, seconds=-1)
    assert office.send() == 0
    team.clock.turn(seconds=1)
    assert office.send() == 1
    first, second = office.sink.mails
    assert first["Subject"] == "Waits for your decision: publish on x:acme_sales"
    assert second["Subject"] == "2 notices"
    for kind in ("plain", "html"):
        assert "engage on x:acme_sales" in second.text(kind) and "analyze on x:acme_sales" in second.text(kind)
    assert first["Message-ID"] != second["Message-ID"]


def test_two_senders_never_split_a_daily_mail(team, office, account):
    choose(team, "liaison", "daily")
    for right in ("publish", "engage", "analyze", "draft"):
        team.ask("asker", account, [right])
    team.clock.turn(days=1)
    gate = Barrier(3)

    def send():
        gate.wait()
        office.send()

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [mail["Subject"] for mail in office.sink.mails] == ["4 notices"]


def test_a_mail_of_which_somebody_holds_the_first_notice_is_left_to_them(postgres_url):
    house = house_for(engine_for(postgres_url))
    first, second = _waiting(house, uuid4()), _waiting(house, uuid4())
    with operator_work(house) as one, operator_work(house) as other:
        mine = store.claim(one.session, one.now, one.now + worker.CLAIM, 1)
        theirs = store.claim(other.session, other.now, other.now + worker.CLAIM, 5)
        assert ([row.id for row in mine], [row.id for row in theirs]) == (first, second)
    third = _waiting(house, uuid4())
    with operator_work(house) as one, operator_work(house) as other:
        one.session.execute(sa.text("SELECT 1 FROM notice WHERE id = :id FOR UPDATE"), {"id": third[0]})
        assert store.claim(other.session, other.now, other.now + worker.CLAIM, 5) == []
    house.writes.kw["bind"].dispose()


def _waiting(house, batch):
    """Three notices of one mail, by id."""
    with operator_work(house) as work:
        rows = [
            {
                "id": new_id(), "employee_id": uuid4(), "kind": "step_open", "subject_kind": "grant", "subject_id": uuid4(),
                "about_at": None, "data": {}, "state": "waiting", "batch_id": batch, "created_at": work.now,
                "updated_at": work.now, "due_at": work.now,
            }
            for _ in range(3)
        ]  # fmt: skip
        assert store.add(work.session, rows) == 3
    return [row["id"] for row in rows]


@pytest.mark.parametrize("before", [True, False])
def test_who_wants_no_mail_gets_none_and_still_sees_it_here(team, office, account, before):
    if before:
        choose(team, "liaison", "off")
    team.ask("asker", account)
    if not before:
        choose(team, "liaison", "off")
    assert office.send() == 0 and office.sink.connections == 0
    (told,) = team.get("/v1/me/notices", "liaison")["items"]
    assert (told["kind"], told["state"]) == ("step_open", "dropped")


def test_a_kind_can_be_turned_off_alone(team, office, grant):
    choose(team, "asker", "immediately", grant_suspended=False)
    for verb in ("suspend", "resume"):
        team.post(f"/v1/grants/{grant['id']}/{verb}", "hub", WHY)
    assert office.send() == 1
    assert office.sink.mails[0]["Subject"] == "Works again: publish on x:acme_sales"


@pytest.mark.parametrize("way", ["fired", "last day", "no address"])
def test_whoever_has_left_meanwhile_or_cannot_be_reached_gets_nothing(team, office, account, way):
    team.ask("asker", account)
    if way == "fired":
        team.fire("liaison")
    elif way == "last day":
        amend(team, "liaison", terminated_on=team.clock.now.date())
        team.clock.turn(days=1)
    else:
        amend(team, "liaison", email=None)
    office.send()
    assert [mail.to for mail in office.sink.mails if mail.to == ["liaison@world.example"]] == []
    (row,) = office.rows(who="liaison")
    assert row["state"] == "dropped" and row["last_error"]


def test_what_could_not_be_sent_for_a_week_is_news_no_more(team, office, account):
    team.ask("asker", account)
    team.clock.turn(days=7, seconds=1)
    assert office.send() == 0 and office.sink.connections == 0
    assert office.rows()[0]["last_error"] == "it is too old"


def test_a_dead_server_holds_up_the_mail_and_nothing_else(team, office, account):
    port = office.sink.port
    office.sink.close()
    team.ask("asker", account)
    assert office.send() == 0
    (row,) = office.rows()
    assert (row["state"], row["attempts"]) == ("waiting", 1) and "ConnectionRefusedError" in row["last_error"]
    assert team.ask("asker", account, ["engage"])["state"] == "pending"
    office.sink = Sink(port)
    team.clock.turn(minutes=2)
    assert office.send() == 2
    assert len(office.sink.mails) == 2 and {row["state"] for row in office.rows()} == {"sent"}
    office.sink.close()


def test_it_is_tried_later_and_later_and_at_last_given_up(team, office, account):
    office.sink.rejects = "451 not now"
    team.ask("asker", account)
    waited = []
    for attempt in range(1, rules.MOST_ATTEMPTS + 1):
        assert office.send() == 0
        (row,) = office.rows()
        assert row["attempts"] == attempt and "451" in row["last_error"]
        if row["state"] == "waiting":
            due = datetime.fromisoformat(str(row["due_at"]))
            due = due if due.tzinfo else due.replace(tzinfo=UTC)
            waited.append(due - team.clock.now)
            team.clock.turn(seconds=waited[-1].total_seconds() - 1)
            assert office.send() == 0 and office.rows()[0]["attempts"] == attempt
            team.clock.turn(seconds=1)
    assert row["state"] == "failed" and len(waited) == rules.MOST_ATTEMPTS - 1
    assert timedelta(seconds=48) <= waited[0] <= timedelta(seconds=72)
    assert timedelta(hours=3) < waited[-1] < timedelta(hours=5) and waited[2] > 2 * waited[1]


@pytest.mark.parametrize(("reply", "state"), [("550 nobody here", "failed"), ("450 later", "waiting")])
def test_one_recipient_that_is_refused_is_no_matter_to_the_others(team, office, account, reply, state):
    team.appoint("colleague", "bu_liaison", "sales")
    office.sink.refuses["liaison@world.example"] = reply
    team.ask("asker", account)
    office.send()
    assert [mail.to for mail in office.sink.mails] == [["colleague@world.example"]]
    assert {row["who"]: row["state"] for row in office.rows()} == {"liaison": state, "colleague": "sent"}


def test_a_server_that_dies_amid_leaves_the_rest_for_later(team, office, account):
    for who in ("colleague", "stranger", "content"):
        team.appoint(who, "bu_liaison", "sales")
    team.ask("asker", account)

    office.sink.dies_after = 2
    assert office.send() == 2
    assert sorted(row["state"] for row in office.rows()) == ["sent", "sent", "waiting", "waiting"]
    office.sink.dies_after = None
    team.clock.turn(minutes=2)
    assert office.send() == 2
    assert len({mail.to[0] for mail in office.sink.mails}) == len(office.sink.mails) == 4


def test_what_a_dead_sender_leaves_is_sent_again_under_the_same_message_id(team, office, account):
    team.ask("asker", account)
    (letter,) = worker.take(team.house)  # and dies before it can mark what it sent
    lost = worker.mail(office.mailer, letter.told, letter.to, team.clock.now)
    assert office.send() == 0
    team.clock.turn(seconds=worker.CLAIM.total_seconds())
    assert office.send() == 1
    assert office.sink.mails[0]["Message-ID"] == lost["Message-ID"]
    assert lost["Message-ID"].endswith("@coe.world.example>")


def test_who_sent_too_slowly_does_not_mark_what_somebody_else_has_taken(team, office, account):
    team.ask("asker", account)
    (slow,) = worker.take(team.house)
    team.clock.turn(seconds=worker.CLAIM.total_seconds())
    (_,) = worker.take(team.house)
    with team.work() as work:
        store.mark(work.session, slow.notices, work.now, {"state": "failed"})
    (row,) = office.rows()
    assert row["state"] == "waiting" and row["attempts"] == 2


def test_a_mail_that_kills_every_sender_ends(team, office, account):
    team.ask("asker", account)
    for _ in range(rules.MOST_ATTEMPTS):
        assert worker.take(team.house)
        team.clock.turn(seconds=worker.CLAIM.total_seconds())
    assert worker.take(team.house) == []
    assert office.rows()[0]["state"] == "failed"


def test_told_to_stop_it_begins_nothing_and_counts_no_attempt(team, office, account):
    team.ask("asker", account)
    asked = iter([False, True])
    assert worker.deliver(office.mailer, team.house, lambda: next(asked, True)) == 0
    assert office.sink.mails == [] and office.rows()[0]["attempts"] == 0
    assert office.send() == 1


# --- rules --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2026-03-02T07:59:59", "UTC", "2026-03-02T08:00:00"),
        ("2026-03-02T08:00:00", "UTC", "2026-03-03T08:00:00"),
        ("2026-03-02T23:30:00", "Asia/Tokyo", "2026-03-03T23:00:00"),
        ("2026-03-28T12:00:00", "Europe/Berlin", "2026-03-29T06:00:00"),  # the clocks go forward in the night
    ],
)
def test_the_daily_mail_is_at_eight_where_the_unit_is(now, zone, due):
    at = rules.due(Preferences(Email.DAILY), datetime.fromisoformat(f"{now}+00:00"), ZoneInfo(zone))
    assert at == datetime.fromisoformat(f"{due}+00:00")


def test_every_kind_has_its_words_and_every_fact_in_them_is_known():
    known = {"requester", "beneficiary", "what", "due", "days", "left", "active", "why"}
    facts = dict.fromkeys(known, "x")
    assert set(rules.SAYINGS) == set(NoticeKind)
    for saying in rules.SAYINGS.values():
        assert "{" not in saying.title.format(**facts) + saying.text.format(**facts)
        assert "requester" not in saying.title and "beneficiary" not in saying.title


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, False, False, None)),
        ("smtp://u:p%40ss@mail.example.com?starttls=1", ("mail.example.com", 587, False, True, "p@ss")),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, True, False, "p")),
        ("smtp://u:p@127.0.0.1:2525", ("127.0.0.1", 2525, False, False, "p")),
    ],
)
def test_a_server_is_named_by_its_address(url, server):
    found = server_of(url)
    assert (found.host, found.port, found.tls, found.starttls, found.password) == server
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h/path", "smtp://h?starttls=0", "smtp://h?tls=1",
     "smtps://h?starttls=1", "smtp://u:p@mail.example.com", "smtp://h:99999"],
)  # fmt: skip
def test_a_server_that_is_named_badly_or_would_get_the_password_in_the_clear_is_refused(url):
    with pytest.raises(ValueError):
        server_of(url)


def test_a_server_that_wants_no_starttls_gets_no_password(team, office, account):
    team.ask("asker", account)
    mailer = worker.Mailer(
        server_of(f"smtp://u:secret@127.0.0.1:{office.sink.port}?starttls=1"), "coe@world.example", PUBLIC
    )
    assert worker.deliver(mailer, team.house) == 0
    (row,) = office.rows()
    assert row["state"] == "waiting" and smtplib.SMTPNotSupportedError.__name__ in row["last_error"]
    assert "secret" not in row["last_error"]
