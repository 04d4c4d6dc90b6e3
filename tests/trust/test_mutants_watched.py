"""The invariants of the log, of every call and of webhooks, each with a bug that turns it red (trust.md 3, F and G)."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.audit import rules as audit_rules
from app.audit import store as audit_store
from app.audit import verifier
from app.erasure import rules as erasure
from app.erasure import store as erasures
from app.governance.requests import service as requests
from app.kernel import access, problems, replies
from app.kernel.errors import Forbidden, NotFound
from app.kernel.work import Work
from app.webhooks.events import rules as wording
from app.webhooks.sending import service as sending

from . import happenings
from .sides import Broken
from .test_mutants import ddl, no_shadow  # noqa: F401 - a fixture for every test here


def a_number_is_left_out(patch, one):
    real = audit_store.lock_head
    patch.setattr(audit_store, "lock_head", lambda *how: ((head := real(*how))[0] + 1, *head[1:]))


def who_did_it_is_not_hashed(patch, one):
    real = audit_rules._hash
    patch.setattr(audit_rules, "_hash", lambda members: real([*members[:3], None, *members[4:]]))


def what_cannot_be_told_is_done_all_the_same(patch, one):
    real = audit_store.append

    def append(*how):
        try:
            real(*how)
        except sa.exc.DBAPIError:
            return

    patch.setattr(audit_store, "append", append)


def the_caller_says_who_they_are(patch, one):
    real = audit_rules.seal
    patch.setattr(
        audit_rules, "seal",
        lambda records, author, *rest: real(records, replace(author, id=records[0].person_id), *rest),
    )  # fmt: skip


def events_can_be_altered(patch, one):
    ddl(one, "DROP TRIGGER audit_event_no_update")


def values_can_be_altered(patch, one):
    ddl(one, "DROP TRIGGER audit_personal_no_update")


def hashes_are_not_made_again(patch, one):
    real = verifier._flaw
    patch.setattr(
        verifier, "_flaw",
        lambda event, values, *place: real([*event[:-1], verifier.digest(event[:-1])], values, *place)
        if event[6] != "x" and event[7] != "x" else None,
    )  # fmt: skip


def values_are_not_looked_at(patch, one):
    real = verifier._flaw
    patch.setattr(verifier, "_flaw", lambda event, _values, *place: real(event, (), *place))


def checkpoints_are_not_looked_at(patch, one):
    real = verifier.walk
    patch.setattr(verifier, "walk", lambda events, _signed, *place: real(events, {}, *place))


def the_log_keeps_its_values(patch, one):
    patch.setattr(erasures, "ROWS", tuple(row for row in erasure.ROWS if row[0] != "audit_personal"))
    patch.setattr(erasures, "QUOTED", ())


def holds_do_not_hold(patch, one):
    patch.setattr(erasures, "hold_of", lambda *how: None)


def denials_are_not_told(patch, one):
    patch.setattr(access, "_note_denial", lambda *how: None)


def keys_are_not_kept(patch, one):
    patch.setattr(access, "_claim", lambda *how: None)


def answers_are_kept_without_their_words(patch, one):
    real = replies.keep
    patch.setattr(replies, "keep", lambda session, claim, stored: real(session, claim, replace(stored, body=b"{}")))


def older_copies_will_do(patch, one):
    patch.setattr(Work, "match", lambda *how: None)


def events_are_passed_over(patch, one):
    real = sending.events.read
    patch.setattr(sending.events, "read", lambda *how: real(*how)[-1:])


def deliveries_that_are_not_made(patch, one):
    patch.setattr(sending.store, "add", lambda *how: None)


def messages_tell_of_somebody_else(patch, one):
    real = wording.body

    def body(event, where):
        said = real(event, where)
        return {**said, "data": {**said["data"], "subject": said["data"]["actor"]}}

    patch.setattr(wording, "body", body)


def everywhere_is_within(patch, one):
    patch.setattr(wording.Whereabouts, "within", lambda *how: True)


def what_is_hidden_is_said_to_be(patch, one):
    real = requests.decide

    def decide(work, id_, *rest):
        try:
            return real(work, id_, *rest)
        except NotFound as error:
            requests.store.request(work.session, id_, requests.RequestKind.RIGHTS)  # raises where there is none
            raise NotFound("You may not see it.") from error

    patch.setattr(requests, "decide", decide)


def refusals_are_mistakes_of_ours(patch, one):
    patch.setattr(problems, "STATUS", {**problems.STATUS, Forbidden: 500})


def nobody_knows_which_call_it_was(patch, one):
    real = audit_rules.seal
    patch.setattr(audit_rules, "seal", lambda records, author, at, _id, *rest: real(records, author, at, None, *rest))


BUGS = (
    ("I-38", a_number_is_left_out, happenings.refused_and_hidden),
    ("I-38", who_did_it_is_not_hashed, happenings.refused_and_hidden),
    ("I-40", what_cannot_be_told_is_done_all_the_same, happenings.refused_and_hidden),
    ("I-41", the_caller_says_who_they_are, happenings.refused_and_hidden),
    ("I-42", events_can_be_altered, happenings.refused_and_hidden),
    ("I-42", values_can_be_altered, happenings.refused_and_hidden),
    ("I-43", hashes_are_not_made_again, happenings.refused_and_hidden),
    ("I-43", values_are_not_looked_at, happenings.refused_and_hidden),
    ("I-43", checkpoints_are_not_looked_at, happenings.refused_and_hidden),
    ("I-44", the_log_keeps_its_values, happenings.forgetting),
    ("I-44", holds_do_not_hold, happenings.forgetting),
    ("I-45", denials_are_not_told, happenings.refused_and_hidden),
    ("I-46", keys_are_not_kept, happenings.refused_and_hidden),
    ("I-46", answers_are_kept_without_their_words, happenings.refused_and_hidden),
    ("I-47", older_copies_will_do, happenings.refused_and_hidden),
    ("I-48", events_are_passed_over, happenings.granting),
    ("I-48", deliveries_that_are_not_made, happenings.granting),
    ("I-49", messages_tell_of_somebody_else, happenings.granting),
    ("I-50", everywhere_is_within, happenings.granting),
    ("I-51", what_is_hidden_is_said_to_be, happenings.refused_and_hidden),
    ("I-52", refusals_are_mistakes_of_ours, happenings.refused_and_hidden),
    ("I-53", nobody_knows_which_call_it_was, happenings.refused_and_hidden),
)


@pytest.mark.parametrize("happens", dict.fromkeys(one[2] for one in BUGS), ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_without_a_bug_all_of_it_holds(sides, happens, kind):
    with sides((kind,), watched=True, thorough=True) as one:
        happens(one)
        one.end()


@pytest.mark.parametrize(("invariant", "bug", "happens"), BUGS, ids=lambda one: getattr(one, "__name__", one))
def test_the_bug_is_found(sides, monkeypatch, invariant, bug, happens):
    with sides(("sqlite",), watched=True, thorough=True) as one:
        bug(monkeypatch, one)
        with pytest.raises(Broken) as found:
            happens(one)
            one.end()
    assert invariant in found.value.invariants, found.value
