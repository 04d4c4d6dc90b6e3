"""What a handle is of ours, where a discovery stands, and what a sighting does to it: by plain calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import DESCRIPTIVE, FOUND, NEVER_OURS, Account, AccountState, check_client, status_of
from app.discoveries.rules import (
    AFTER,
    ALARMS,
    ALLOWED,
    Alarm,
    Discovery,
    DiscoveryState,
    Match,
    Seen,
    Verb,
    WrongDiscoveryState,
    after_sighting,
    alarm_of,
    alarming,
    check,
    check_seen,
    link,
    match_of,
    named,
    reopens,
    stands,
)
from app.kernel.errors import Forbidden, Invalid
from app.networks.rules import BadHandle, UnknownNetwork, canonical, known
from app.policies.rules import RiskTier

NETWORKS = {one.key: one for one in known()}
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ID = UUID(int=1)
S, A = DiscoveryState, AccountState


def account(state=A.ACTIVE, source="inventory", official_from=NOW, official_until=None, **more):
    unset = dict.fromkeys(Account.__slots__)
    told = {
        "id": ID, "network": "x", "handle": "acme", "business_unit_id": ID, "path": (ID,), "risk": RiskTier.STANDARD,
        "state": state, "source": source, "official_from": official_from, "official_until": official_until,
        "created_at": NOW, "updated_at": NOW, "version": 1,
    }  # fmt: skip
    return Account(**{**unset, **told, **more})


def discovery(state=S.OPEN, **more):
    unset = dict.fromkeys(Discovery.__slots__)
    told = {"id": ID, "network": "x", "handle": "acme", "account_id": ID, "state": state, "first_seen_at": NOW}
    return Discovery(**{**unset, **told, "last_seen_at": NOW, "version": 1, **more})


def sighting(at=NOW, *, active=False):
    return Seen("x", canonical(NETWORKS["x"], "acme"), "Vendor", at, active)


# --- what a finding names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "handle", "url"),
    [
        ("x", "@Acme", None), ("x", None, "https://twitter.com/acme?s=20"), (None, None, "https://X.com/ACME/"),
        ("x", "acme", "https://x.com/Acme"), ("x", "https://www.x.com/acme", None),
    ],
)  # fmt: skip
def test_one_account_however_it_is_named(network, handle, url):
    of, found = named(NETWORKS, network, handle, url)
    assert (of, found.canonical, found.url) == ("x", "acme", "https://x.com/acme")


@given(st.sampled_from("acme alder_nordics A1b2_c3 x_y".split()), st.data())
def test_case_at_signs_and_addresses_name_one_account(handle, data):
    spelled = "".join(data.draw(st.sampled_from([one.lower(), one.upper()])) for one in handle)
    way = data.draw(st.sampled_from(["{}", "@{}", "https://x.com/{}", "twitter.com/{}/", " {} "]))
    assert named(NETWORKS, "x", way.format(spelled), None)[1].canonical == handle.lower()


@pytest.mark.parametrize(
    ("network", "handle", "url", "error"),
    [
        (None, "acme", None, Invalid), (None, None, None, Invalid), ("x", None, None, Invalid), ("nope", "acme", None, UnknownNetwork),
        (None, None, "https://nowhere.example/acme", UnknownNetwork), ("x", "acme", "https://x.com/other", BadHandle),
        ("x", "a b", None, BadHandle), (None, "acme", "https://x.com/acme", Invalid), ("x", None, "https://instagram.com/acme", BadHandle),
        ("mastodon", "acme@x.com", None, BadHandle),
    ],
)  # fmt: skip
def test_what_names_nothing_or_two_things_is_refused(network, handle, url, error):
    with pytest.raises(error):
        named(NETWORKS, network, handle, url)


@pytest.mark.parametrize(
    ("call", "pointer", "code"),
    [
        (lambda: named(NETWORKS, None, "acme", "https://x.com/acme"), "/network", "required"),
        (lambda: named(NETWORKS, "x", None, None), "/handle", "required"),
        (lambda: check_seen(NOW + HOUR, NOW), "/seen_at", "in_the_future"),
    ],
)
def test_a_refusal_says_which_member_is_at_fault(call, pointer, code):
    with pytest.raises(Invalid) as found:
        call()
    (one,) = found.value.errors
    assert (one.pointer, one.code) == (pointer, code)


@given(st.text("aceopxy", min_size=4, max_size=12), st.data())
def test_a_handle_with_letters_of_another_script_has_the_same_skeleton_and_another_name(handle, data):
    """``\u0430`` for ``a`` and so on: another account, which looks the same."""
    alike = dict(zip("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443", strict=True))
    swapped = "".join(data.draw(st.sampled_from([one, alike[one]])) for one in handle)
    ours, theirs = (canonical(NETWORKS["x"], one) for one in (handle, swapped))
    assert ours.skeleton == theirs.skeleton
    assert (ours.canonical == theirs.canonical) is (handle == swapped)


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        "https://",
        "ftp://a.example",
        "a",
        "https://a b",
        "https://a.example/b c",
        "https://[x",
        "",
        f"https://a.example/{'x' * 1983}",
    ],
)
def test_what_is_no_address_is_no_evidence(bad):
    with pytest.raises(ValueError, match="must"):
        link(bad)


def test_evidence_is_an_address():
    assert (
        link(" https://a.example/b?c=d ") == "https://a.example/b?c=d"
        and link("http://a.example") == "http://a.example"
    )
    longest = f"https://a.example/{'x' * 1982}"
    assert len(longest) == 2000 and link(longest) == longest


def test_what_was_seen_has_happened():
    check_seen(NOW + timedelta(minutes=5), NOW)
    with pytest.raises(Invalid):
        check_seen(NOW + timedelta(minutes=5, seconds=1), NOW)


# --- what it is of ours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", AccountState)
def test_what_the_public_calls_ours_is_a_match_and_nothing_else_is(state):
    """The same answer as the public is given; what was found or proposed in vain is no match by itself."""
    wanted = {"official": Match.REGISTERED, "was_official": Match.WAS_OFFICIAL}.get(status_of(account(state)))
    found = match_of(account(state), alike=False)
    if state in NEVER_OURS | FOUND:
        assert found is Match.UNKNOWN and match_of(account(state), alike=True) is Match.LOOK_ALIKE
    elif wanted:
        assert found is wanted is match_of(account(state), alike=True)
    else:
        assert found is Match.PROPOSED


def test_what_was_given_up_before_it_was_open_was_never_ours():
    assert match_of(account(A.ARCHIVED, official_from=None), alike=False) is Match.UNKNOWN


@pytest.mark.parametrize("state", AccountState)
@pytest.mark.parametrize("said", sorted(set(AFTER.values())))
def test_where_it_stands(state, said):
    found = stands(discovery(said), account(state))
    if said is S.DISPUTED:
        assert found is S.DISPUTED
    elif state in (A.PROPOSED, A.CHANGES_REQUESTED, A.APPROVED):
        assert found is S.ADOPTING
    elif state in (A.ACTIVE, A.SUSPENDED):
        assert found is S.KNOWN
        assert stands(discovery(said), account(state, "discovery")) is S.ADOPTED
    else:
        assert found is said


def test_what_was_never_seen_after_it_was_ours_needs_nobodys_word():
    was = account(A.ARCHIVED, official_until=NOW)
    assert stands(discovery(last_seen_at=NOW), was) is S.KNOWN
    assert stands(discovery(last_seen_at=NOW + HOUR), was) is S.OPEN
    assert stands(discovery(last_seen_at=NOW), replace(was, official_until=None)) is S.OPEN


@pytest.mark.parametrize("state", AccountState)
def test_an_alarm_stands_as_long_as_the_account_should_not_post(state):
    alarmed = discovery(alarmed_at=NOW)
    wanted = {
        A.SUSPENDED: Alarm.SUSPENDED_ACCOUNT_ACTIVE, A.DECOMMISSIONING: Alarm.FORMER_HANDLE_ACTIVE,
        A.ARCHIVED: Alarm.FORMER_HANDLE_ACTIVE,
    }.get(state)  # fmt: skip
    assert alarm_of(alarmed, account(state)) is wanted
    assert alarm_of(discovery(), account(state)) is None
    if wanted:
        assert stands(alarmed, account(state)) is S.OPEN


@pytest.mark.parametrize(("state", "active", "later"), list(product(AccountState, (True, False), (True, False))))
def test_what_raises_an_alarm(state, active, later):
    seen = sighting(NOW + HOUR if later else NOW, active=active)
    raised = alarming(account(state, official_until=NOW), NOW, seen)
    assert raised is (active and later and state in ALARMS)


def test_what_is_suspended_should_not_post_from_then_on_and_what_was_ours_from_its_end():
    seen = sighting(NOW, active=True)
    for state, suspended, ended in product(
        (A.SUSPENDED, A.ARCHIVED), (NOW - HOUR, NOW + HOUR), (NOW - HOUR, NOW + HOUR)
    ):
        since = suspended if state is A.SUSPENDED else ended
        assert alarming(account(state, official_until=ended), suspended, seen) is (since < NOW)


def test_nothing_is_an_alarm_where_nobody_knows_since_when():
    for state in ALARMS:
        assert not alarming(account(state, official_until=None), None, sighting(NOW + HOUR, active=True))


# --- what is said of it, and what opens it again ----------------------------------------------------------------------


def test_every_verb_in_every_state():
    standing = {
        S.OPEN: (S.OPEN, A.DISCOVERED), S.DISPUTED: (S.DISPUTED, A.DISPUTED), S.TAKEN_DOWN: (S.TAKEN_DOWN, A.WITHDRAWN),
        S.IGNORED: (S.IGNORED, A.WITHDRAWN), S.ADOPTING: (S.OPEN, A.PROPOSED), S.KNOWN: (S.OPEN, A.ACTIVE), S.ADOPTED: (S.OPEN, A.ACTIVE),
    }  # fmt: skip
    with pytest.raises(WrongDiscoveryState) as found:
        check(Verb.ADOPT, discovery(S.TAKEN_DOWN), account(A.WITHDRAWN))
    states = " or ".join(sorted(one.value.replace("_", " ") for one in ALLOWED[Verb.ADOPT]))
    assert str(found.value) == f"One can adopt what is {states}; this is taken down."
    for verb, (state, (said, of)) in product(Verb, standing.items()):
        at = account(of, "discovery" if state is S.ADOPTED else "inventory")
        assert stands(discovery(said), at) is state
        if state in ALLOWED[verb]:
            check(verb, discovery(said), at)
        else:
            with pytest.raises(WrongDiscoveryState, match=f"One can {verb} what is"):
                check(verb, discovery(said), at)


def said(state, match=Match.UNKNOWN, *, active=False):
    return discovery(state, decided_at=NOW, decided_match=match, decided_active=active)


def test_what_opens_again():
    later, loud = sighting(NOW + HOUR), sighting(NOW + HOUR, active=True)
    assert reopens(said(S.TAKEN_DOWN), later, Match.UNKNOWN)
    assert not reopens(said(S.TAKEN_DOWN), sighting(NOW), Match.UNKNOWN)  # before it was gone
    assert not reopens(said(S.IGNORED), later, Match.UNKNOWN)
    assert reopens(said(S.IGNORED), loud, Match.UNKNOWN)
    assert not reopens(said(S.IGNORED, active=True), loud, Match.UNKNOWN)
    assert reopens(said(S.IGNORED, active=True), later, Match.WAS_OFFICIAL)
    assert not reopens(said(S.IGNORED), sighting(NOW, active=True), Match.WAS_OFFICIAL)
    for match in Match:
        assert not reopens(said(S.DISPUTED), loud, match) and not reopens(said(S.OPEN), loud, match)
    assert not reopens(discovery(S.IGNORED), loud, Match.LOOK_ALIKE)  # nobody said when


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@given(st.lists(st.tuples(instants, st.booleans()), min_size=1, max_size=8), st.randoms())
def test_sightings_in_any_order_come_to_the_same(several, random):
    def told(each):
        (at, active), *rest = each
        found = discovery(first_seen_at=at, last_seen_at=at, last_active_at=at if active else None)
        for at, active in rest:
            found = replace(found, **after_sighting(found, sighting(at, active=active), reopen=False))
        return found.first_seen_at, found.last_seen_at, found.last_active_at

    first = told(several)
    random.shuffle(several)
    assert told(several) == first
    active = [at for at, loud in several if loud]
    assert first == (min(at for at, _ in several), max(at for at, _ in several), max(active, default=None))


def test_a_sighting_that_opens_says_so():
    assert after_sighting(discovery(S.IGNORED), sighting(), reopen=True)["state"] is S.OPEN
    assert "state" not in after_sighting(discovery(S.IGNORED), sighting(), reopen=False)


# --- service clients --------------------------------------------------------------------------------------------------


def test_a_client_describes_and_does_no_more():
    check_client(account(), DESCRIPTIVE)
    for name in set(Account.__slots__) - DESCRIPTIVE:
        with pytest.raises(Forbidden):
            check_client(account(), {name, "purpose"})
    for state in (A.PROPOSED, A.CHANGES_REQUESTED):
        with pytest.raises(Forbidden):
            check_client(account(state), {"purpose"})
