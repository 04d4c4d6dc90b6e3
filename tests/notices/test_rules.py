"""Who is told what in which words and when, and how a mail server is named: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest

from app.notices import rules
from app.notices.rules import SAYINGS, Email, Notice, NoticeKind, Preferences, Server, server_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")
ANN, BOB, ACCOUNT, SUBJECT = (UUID(int=n) for n in range(1, 5))
NOTICE = Notice(**{one.name: None for one in fields(Notice)} | dict(
    id=UUID(int=9), employee_id=ANN, kind=NoticeKind.STEP_OPEN, subject_kind="rights_request", subject_id=SUBJECT, data={},
))  # fmt: skip


def test_what_somebody_wants():
    usual, off = Preferences(), Preferences(Email.OFF)
    published, granted = NoticeKind.POLICY_PUBLISHED, NoticeKind.REQUEST_GRANTED
    assert usual.wants(granted) and not usual.wants(published) and not off.wants(granted)
    chosen = Preferences(Email.DAILY, {granted: False, published: True})
    assert chosen.wants(published) and not chosen.wants(granted)
    assert [kind for kind, on in usual.all_kinds().items() if not on] == [published] and set(usual.all_kinds()) == set(
        NoticeKind
    )
    assert [kind for kind, on in chosen.all_kinds().items() if not on] == [granted]


def test_a_daily_mail_goes_out_in_the_morning_where_the_person_is():
    daily = Preferences(Email.DAILY)
    assert rules.due(Preferences(), NOW, OSLO) == NOW
    at = lambda hour, minute=0: datetime(2026, 3, 2, hour, minute, tzinfo=UTC)  # noqa: E731
    assert rules.due(daily, at(6, 59), OSLO) == at(7) and rules.due(daily, at(7), OSLO) == at(7) + timedelta(days=1)
    assert rules.due(daily, at(9), OSLO).tzinfo is UTC
    assert rules.due(daily, at(23, 30), OSLO) == at(7) + timedelta(days=1)  # it is the third there already


def test_the_mails_of_one_morning_belong_together():
    assert rules.batch(ANN, NOW) == rules.batch(ANN, NOW.astimezone(OSLO)) == uuid5(ANN, "2026-03-02T09:00:00+00:00")
    assert rules.batch(BOB, NOW) != rules.batch(ANN, NOW) != rules.batch(ANN, NOW + timedelta(days=1))


def test_pauses_grow_up_to_a_limit_and_differ():
    minute = timedelta(minutes=1)
    assert [rules.pause(n, 0.5) for n in (1, 2, 3, 6)] == [minute, 3 * minute, 9 * minute, 240 * minute]
    assert rules.pause(1, 0.0) == minute * 0.8 and rules.pause(1, 1.0) == minute * 1.2
    assert rules.pause(10, 0.5) == timedelta(hours=4)


def test_a_line_is_one_line_without_the_invisible():
    assert rules.one_line(" a\r\nb\u202e\tc  d ") == "a b c d" and rules.one_line("e\u0301") == "é"
    assert rules.one_line("x" * 300) == "x" * 200 and rules.one_line("x" * 9, 3) == "xxx"


def told(kind=NoticeKind.STEP_OPEN, subject_kind="rights_request", names=None, accounts=None, **data):
    one = replace(NOTICE, kind=kind, subject_kind=subject_kind, data=data)
    found = rules.told(one, names or {}, accounts or {}, OSLO)
    assert found.notice is one
    return found.title, found.text, found.link


NAMES, ACCOUNTS = {ANN: "Ann\nBerg", BOB: "Bob"}, {ACCOUNT: "x:acme"}


def test_a_notice_in_words():
    asked = {
        "requester_id": str(ANN),
        "account_id": str(ACCOUNT),
        "rights": ["publish", "engage"],
        "due": "2026-03-05T08:30:00+00:00",
    }
    day = "5 March 2026, 09:30 (Europe/Oslo)"
    title, text, link = told(names=NAMES, accounts=ACCOUNTS, beneficiary_id=str(BOB), **asked)
    assert (title, link) == ("Waits for your decision: publish, engage on x:acme", f"/v1/rights-requests/{SUBJECT}")
    asks = "Ann Berg asks for publish, engage on x:acme for Bob."
    assert text == f"{asks} You are among those who may decide, by {day}."
    own = told(names=NAMES, accounts=ACCOUNTS, beneficiary_id=str(ANN), **asked)[1]
    assert own.startswith("Ann Berg asks for publish, engage on x:acme. You")
    assert told(accounts=ACCOUNTS, beneficiary_id=str(BOB), **asked)[1].startswith(
        "somebody asks for publish, engage on x:acme for somebody."
    )


@pytest.mark.parametrize(("data", "what"), [
    ({"account_id": str(ACCOUNT), "registration": True}, "the registration of x:acme"), ({"account_id": str(ACCOUNT)}, "x:acme"),
    ({"account_id": str(BOB)}, "an account"), ({"about": "The house rules"}, "The house rules"), ({}, ""),
    ({"account_id": str(ACCOUNT), "rights": ["draft"], "registration": True}, "draft on x:acme"), ({"about": 7}, "7"),
])  # fmt: skip
def test_what_it_is_about(data, what):
    title, text, _ = told(NoticeKind.REQUEST_DENIED, names=NAMES, accounts=ACCOUNTS, **data)
    assert title == f"Denied: {what}".strip() and text == " ".join(
        f"The request of somebody for {what} was denied.".split()
    )


def test_without_a_day_it_is_soon():
    assert told(NoticeKind.GRANT_ENDING, "grant", about="x")[1:] == (
        "Your right ends on soon: x. Renew it if you still need it.", f"/v1/grants/{SUBJECT}",
    )  # fmt: skip


@pytest.mark.parametrize(("subject_kind", "link"), [
    ("registration", f"/v1/accounts/{ACCOUNT}"), ("account", f"/v1/accounts/{SUBJECT}"), ("clearance", f"/v1/clearances/{SUBJECT}"),
    ("review", f"/v1/reviews/{SUBJECT}"), ("policy_version", "/v1/policies/7/versions/2"), ("directory", "/v1/directory/changes"),
    ("webhook", f"/v1/webhooks/{SUBJECT}"),
])  # fmt: skip
def test_where_its_subject_is_read(subject_kind, link):
    data = {"account_id": str(ACCOUNT), "policy_id": "7", "n": 2}
    assert told(NoticeKind.REQUEST_GRANTED, subject_kind, **data)[2] == link


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_words_for_its_facts(kind):
    data = {"account_id": str(ACCOUNT), "days": 5, "left": 3, "active": 9, "why": "Five days."}
    title, text, _ = told(kind, names=NAMES, accounts=ACCOUNTS, **data)
    assert "{" not in title + text and title and len(text) <= 1000 and set(SAYINGS) == set(NoticeKind)
    assert len(told(NoticeKind.WEBHOOK_DISABLED, "webhook", why="x " * 900)[1]) == 1000
    assert len(told(NoticeKind.REQUEST_DENIED, about="x" * 900)[0]) == 200


@pytest.mark.parametrize(("url", "server"), [
    ("smtp://mail.example", Server("mail.example", 25, False, False)),
    ("smtp://mail.example:2525/", Server("mail.example", 2525, False, False)),
    ("smtp://mail.example?starttls=1", Server("mail.example", 587, False, True)),
    ("smtps://mail.example", Server("mail.example", 465, True, False)),
    ("smtps://u%40x:p%3A@mail.example:4650", Server("mail.example", 4650, True, False, "u@x", "p:")),
    ("smtp://u:p@mail.example?starttls=1", Server("mail.example", 587, False, True, "u", "p")),
    ("smtp://u@mail.example", Server("mail.example", 25, False, False, "u", None)),
    *((f"smtp://u:p@{host}", Server(host.strip("[]"), 25, False, False, "u", "p")) for host in ("127.0.0.1", "localhost", "[::1]")),
])  # fmt: skip
def test_a_mail_server_by_its_address(url, server):
    assert server_of(url) == server


@pytest.mark.parametrize(("url", "said"), [
    *((url, "must be an address such as smtp://user:password@mail.example.com:587?starttls=1") for url in (
        "", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example/x", "smtp://mail.example#x")),
    *((url, "takes no other option than starttls=1") for url in (
        "smtp://m.example?x=1", "smtp://m.example?starttls=0", "smtp://m.example?starttls=1&x=", "smtp://m.example?starttls")),
    ("smtps://m.example?starttls=1", "smtps speaks TLS from the beginning; starttls=1 is for smtp"),
    ("smtp://u:p@m.example", "would send the password in the clear; use smtps://, or add ?starttls=1"),
])  # fmt: skip
def test_an_address_that_is_none(url, said):
    with pytest.raises(ValueError) as found:
        server_of(url)
    assert str(found.value) == said
