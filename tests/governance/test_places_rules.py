"""What holds where and when: freezes, the nearest model, whose items wait for whom, passports; rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.accounts.rules import Account, AccountState
from app.governance.freezes import rules as freezes
from app.governance.freezes.rules import Freeze, FreezeEnded, FreezeKind, FreezeState, NotTheFreezer, Office, Target
from app.governance.grants.rules import NotTheAuthority, check_authority
from app.governance.models.rules import MODELS, ModelKey, Setting, check_setting, nearest, undecided
from app.governance.passports import rules as passports
from app.governance.passports.rules import Running, Stopped, StoppedState
from app.governance.reviews.rules import Bench, Kind
from app.governance.reviews.waiting.rules import Way, barring, others, way, ways
from app.governance.steps.rules import working_days_after
from app.kernel import tokens
from app.kernel.actor import ENTERPRISE, Place, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.kernel.tokens import BadToken
from app.roles.rules import Appointment, Role
from tests.governance.test_conditions import frozen
from tests.governance.test_grants_rules import GRANT

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ROOT, UNIT, BELOW, ELSEWHERE, ACCOUNT, ME, YOU, DEPUTY = (UUID(int=n) for n in range(1, 9))
PLACE = Place((ROOT, UNIT), "x")
D, C, H, N, Y = (MODELS[key] for key in ModelKey)


def held(role, scope=ENTERPRISE, by=ME, deputy=None):
    blank = {one.name: None for one in fields(Appointment)}
    return Appointment(
        **blank | {"role": role, "scope": scope, "employee_id": by, "deputy_id": deputy, "valid_from": NOW}
    )


IN_UNIT = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=UNIT)
OUTSIDE = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=ELSEWHERE)


# --- freezes ---------------------------------------------------------------------------------------------------------


def test_where_a_freeze_stands():
    one = frozen(until=NOW)
    assert [one.state_at(at) for at in (NOW - TICK, NOW)] == [FreezeState.IN_FORCE, FreezeState.OVER]
    assert replace(one, lifted_at=NOW + DAY).state_at(NOW - DAY) is FreezeState.LIFTED
    assert frozen().state_at(NOW + 999 * DAY) is FreezeState.IN_FORCE


def test_a_members_freeze_follows_it_and_an_accounts_covers_that_alone():
    unit = Target(FreezeKind.BUSINESS_UNIT, business_unit_id=ELSEWHERE, members=frozenset({ACCOUNT}))
    assert unit.covers(ACCOUNT, PLACE) and not unit.covers(ME, PLACE)
    alone = Target(FreezeKind.ACCOUNT, account_id=ACCOUNT, members=frozenset({ME}))
    assert alone.covers(ACCOUNT, PLACE) and not alone.covers(ME, PLACE)
    network = Target(FreezeKind.NETWORK, network="x")
    assert network.covers(ME, PLACE) and not network.covers(ME, Place((ROOT,), "blog"))


MANAGER, LIAISON, STRATEGIST = Role.COMMUNITY_MANAGER, Role.BU_LIAISON, Role.STRATEGIST


@pytest.mark.parametrize(("model", "roles", "expected"), [
    (H, [held(STRATEGIST), held(MANAGER, IN_UNIT)], {Office.STRATEGIST, Office.HUB}), (H, [held(MANAGER, OUTSIDE)], set()),
    (H, [held(LIAISON, IN_UNIT)], set()), (N, [held(LIAISON, IN_UNIT)], {Office.LIAISON}), (N, [held(LIAISON, OUTSIDE)], set()),
    (N, [held(LIAISON, IN_UNIT), held(MANAGER)], {Office.LIAISON, Office.HUB}), (C, [held(MANAGER), held(STRATEGIST)], {Office.STRATEGIST}),
    (Y, [held(MANAGER)], {Office.HUB}), (D, [held(MANAGER), held(LIAISON, IN_UNIT)], set()), (H, [held(Role.AUDITOR)], set()), (H, [], set()),
])  # fmt: skip
def test_as_what_somebody_may_freeze(model, roles, expected):
    assert freezes.offices(model, roles, PLACE) == expected


def test_the_highest_office_counts_and_who_has_none_is_told_whose_it_is():
    assert freezes.office(N, [held(LIAISON, IN_UNIT), held(MANAGER)], PLACE) is Office.HUB
    assert freezes.office(N, [held(LIAISON, IN_UNIT), held(STRATEGIST)], PLACE) is Office.STRATEGIST
    who = {
        D: "a strategist", C: "a strategist", H: "a strategist or a community manager in scope",
        N: "a strategist or a community manager in scope or a liaison of the unit",
        Y: "a strategist or a community manager in scope",
    }  # fmt: skip
    for model in (D, C, H, N, Y):
        with pytest.raises(NotTheFreezer) as found:
            freezes.office(model, [], PLACE)
        assert sorted(freezes.who(model).split(" or ")) == sorted(who[model].split(" or "))
        assert str(found.value) == f"Under {model.key} {freezes.who(model)} may freeze here."


def test_who_set_it_lifts_it_or_a_strategist():
    of = lambda office: replace(frozen(), authority=office)  # noqa: E731
    for office in Office:
        freezes.check_lift(of(office), frozenset({office}))
        freezes.check_lift(of(office), frozenset({Office.STRATEGIST}))
    said = {
        Office.STRATEGIST: "It was set by the strategist: that office lifts it.",
        Office.HUB: "It was set by the hub: that office lifts it or a strategist.",
        Office.LIAISON: "It was set by the liaison of the unit: that office lifts it or a strategist.",
    }
    for office, text in said.items():
        for mine in (frozenset(), frozenset({Office.HUB, Office.LIAISON}) - {office}):
            with pytest.raises(NotTheFreezer) as found:
                freezes.check_lift(of(office), mine)
            assert str(found.value) == text
    assert issubclass(FreezeEnded, Exception) and isinstance(of(Office.HUB), Freeze)


# --- the nearest model -----------------------------------------------------------------------------------------------


def setting(n, unit=None, since=NOW - DAY, made=NOW - DAY):
    return Setting(UUID(int=n), unit, ModelKey.HONEYCOMB, None, since, "So.", ME, made)


def test_the_nearest_setting_upward_holds_and_of_it_the_latest():
    root, upper, own = setting(1, ROOT), setting(2, UNIT), setting(3, BELOW)
    everywhere, other = setting(4), setting(5, ELSEWHERE)
    path = (ROOT, UNIT, BELOW)
    for order in ([root, upper, own, everywhere, other], [other, everywhere, own, upper, root]):
        assert nearest(order, path, NOW) == own
    assert nearest([everywhere, upper, root, other], path, NOW) == upper
    assert nearest([root, everywhere], path, NOW) == nearest([everywhere, root], path, NOW) == root
    assert nearest([other, everywhere], path, NOW) == everywhere and nearest([other], path, NOW) is None
    assert nearest([], path, NOW) is None


def test_what_has_not_begun_does_not_hold():
    past, ahead = setting(1, UNIT), setting(2, UNIT, NOW + TICK)
    assert (
        nearest([ahead, past], (ROOT, UNIT), NOW) == past and nearest([ahead, past], (ROOT, UNIT), NOW + TICK) == ahead
    )
    assert nearest([past, setting(3, UNIT, NOW)], (ROOT, UNIT), NOW).id == UUID(int=3)
    assert nearest([setting(9), setting(8, made=NOW)], (), NOW).id == UUID(int=8)
    assert nearest([setting(9), setting(8)], (), NOW).id == nearest([setting(8), setting(9)], (), NOW).id == UUID(int=9)


def test_what_holds_where_nobody_has_chosen():
    assert undecided(NOW) == Setting(None, None, ModelKey.HUB_AND_SPOKE, None, NOW, "the product's default", None, NOW)
    unnumbered = replace(undecided(NOW - DAY), created_at=NOW - DAY)
    assert nearest([unnumbered, setting(1)], (), NOW) == nearest([setting(1), unnumbered], (), NOW) == setting(1)


@pytest.mark.parametrize(("model", "platform", "since", "codes"), [
    (ModelKey.HONEYCOMB, ME, NOW, []), (ModelKey.DANDELION, None, NOW, []), (ModelKey.HONEYCOMB, None, NOW, ["platform"]),
    (ModelKey.DANDELION, ME, NOW, ["platform"]), (ModelKey.DANDELION, ME, NOW - TICK, ["in_the_past", "platform"]),
])  # fmt: skip
def test_a_switch_is_ahead_and_names_a_platform_where_there_is_one(model, platform, since, codes):
    told = {
        "in_the_past": ("/effective_from", "A switch takes effect now or later."),
        "platform": ("/platform_id", "A honeycomb names its one platform; no other model does."),
    }
    if not codes:
        check_setting(model, platform, since, NOW)
        return
    with pytest.raises(Invalid) as found:
        check_setting(model, platform, since, NOW)
    assert [(one.code, one.pointer, one.message) for one in found.value.errors] == [
        (code, *told[code]) for code in codes
    ]
    assert str(found.value) == told[codes[0]][1]


def test_a_veto_ends_by_the_clock_of_the_unit():
    granted, kiritimati = datetime(2026, 3, 6, 11, tzinfo=UTC), ZoneInfo("Pacific/Kiritimati")  # Saturday there already
    ends = working_days_after(granted, 5, kiritimati)
    assert ends == datetime(2026, 3, 12, 11, tzinfo=UTC) and ends.tzinfo is UTC
    who = {"liaison": False, "hub": True, "strategist": False, "granted_at": granted, "zone": kiritimati}
    check_authority(N, **who, now=ends - TICK)
    with pytest.raises(NotTheAuthority):
        check_authority(N, **who, now=ends)


# --- whose items wait for whom ---------------------------------------------------------------------------------------

LOW, MID, TOP = held(LIAISON, IN_UNIT, ME), held(MANAGER, by=YOU, deputy=DEPUTY), held(STRATEGIST, by=ACCOUNT)


def test_how_items_come_to_somebody():
    bench = Bench([LOW, MID, TOP])
    mine, above = Way(frozenset({ME}), ()), Way(frozenset({YOU}), (frozenset({ME}),))
    assert way(bench, PLACE, ME) == mine and way(bench, PLACE, YOU) == way(bench, PLACE, DEPUTY) == above
    assert way(bench, PLACE, ACCOUNT) == Way(frozenset({ACCOUNT}), (frozenset({ME}), frozenset({YOU})))
    assert way(bench, PLACE, BELOW) is None and way(bench, Place((ROOT, ELSEWHERE), "x"), ME) is None
    assert way(bench, PLACE, ACCOUNT, Kind.APPOINTMENTS) == Way(frozenset({ACCOUNT}), ())
    assert way(bench, PLACE, ME, Kind.APPOINTMENTS) is None
    both = Bench([LOW, MID, held(STRATEGIST, by=ME)])
    assert way(both, PLACE, ME) == mine
    two = Bench([held(LIAISON, IN_UNIT, YOU, deputy=ME), MID, held(STRATEGIST, by=ME)])
    assert way(two, PLACE, ME) == Way(frozenset({YOU, ME}), ())


def test_the_places_by_the_way_that_items_come():
    bench, elsewhere = Bench([LOW, MID, TOP]), Place((ROOT, ELSEWHERE))
    assert ways(bench, [(UNIT, PLACE), (ELSEWHERE, elsewhere), (BELOW, PLACE)], YOU) == {
        Way(frozenset({YOU}), (frozenset({ME}),)): [(UNIT, "x"), (BELOW, "x")], Way(frozenset({YOU}), ()): [(ELSEWHERE, "")],
    }  # fmt: skip
    assert ways(bench, [(ELSEWHERE, elsewhere)], ME) == {}


def test_whose_things_somebody_does_not_answer():
    bench = Bench([LOW, MID, TOP, held(STRATEGIST, by=UNIT)])
    assert barring(bench, DEPUTY) == {DEPUTY, YOU} and barring(bench, ME) == {ME}
    assert others(bench, [ACCOUNT]) == {UNIT} and others(bench, []) == {ACCOUNT, UNIT}


# --- passports -------------------------------------------------------------------------------------------------------

OFFICE = passports.Office("https://coe.example", "coe", tokens.generate_key())
POSTED = Account(**{one.name: None for one in fields(Account)} | {"id": ACCOUNT, "network": "x", "handle": "acme"})
RUNNING = Running(GRANT.id, ME, ACCOUNT, PLACE, AccountState.ACTIVE, NOW - 9 * DAY)


def stopped(running=(RUNNING,), by=(), since=NOW - DAY):
    return passports.frozen(running, by, since, NOW)


def test_which_grants_were_stopped_lately():
    now = lambda at: [Stopped(GRANT.id, StoppedState.FROZEN, at)]  # noqa: E731
    fresh, old = frozen(created_at=NOW - TICK), frozen(created_at=NOW - DAY)
    assert stopped() == [] and stopped(by=[fresh]) == now(NOW - TICK) and stopped(by=[old]) == []
    assert stopped(by=[old, fresh]) == now(NOW - TICK) and stopped(by=[frozen(exempt=[ME], created_at=NOW)]) == []
    assert stopped(by=[frozen(created_at=NOW, until=NOW)]) == []
    moved = replace(RUNNING, changed_at=NOW - 2 * TICK)
    assert stopped([moved], [old]) == now(NOW - 2 * TICK) and stopped([moved]) == []
    assert stopped([moved], [fresh, old]) == now(NOW - 2 * TICK)
    suspended = replace(moved, state=AccountState.SUSPENDED)
    assert stopped([suspended], [fresh]) == now(NOW - 2 * TICK)
    assert stopped([replace(suspended, changed_at=NOW - DAY)]) == []
    assert stopped([RUNNING, suspended]) == now(NOW - 2 * TICK)


def test_for_whom_a_passport_is():
    assert passports.audience_beside("coe") == OFFICE.audience == "coe/passport"
    assert passports.check_audience(None, OFFICE) == passports.check_audience("", OFFICE) == "coe/passport"
    assert passports.check_audience("tool", OFFICE) == "tool"
    with pytest.raises(Invalid) as found:
        passports.check_audience("coe", OFFICE)
    (one,) = found.value.errors
    told = "A passport is never for this API; leave the audience out."
    assert (one.pointer, one.code, one.message) == ("/audience", "not_allowed", told)


PARTIES = {"iss": "https://coe.example", "aud": "coe/passport", "jti": "j"}


def test_what_a_passport_says():
    at = int(NOW.timestamp())
    assert passports.claims(GRANT, POSTED, PARTIES, 7, NOW) == {
        **PARTIES, "sub": str(GRANT.employee_id), "iat": at, "nbf": at, "exp": at + 300, "grant_id": str(GRANT.id),
        "account_id": str(ACCOUNT), "network": "x", "handle": "acme", "right": "publish", "revision": "7",
    }  # fmt: skip
    ends = lambda **changes: passports.claims(replace(GRANT, **changes), POSTED, PARTIES, 7, NOW)["exp"] - at  # noqa: E731
    minute = timedelta(minutes=1)
    assert ends(valid_until=NOW + minute) == 60 and ends(review_due_at=NOW + 2 * minute) == 120
    assert ends(valid_until=NOW + minute, review_due_at=NOW + 2 * minute) == 60


def test_a_passport_is_believed_for_its_audience_its_type_and_five_minutes():
    claims = passports.claims(GRANT, POSTED, PARTIES, 7, NOW)
    signed, keys = tokens.sign(claims, OFFICE.key, passports.TYPE), {"keys": [OFFICE.key.public_jwk()]}
    read = lambda token=signed, issuer=OFFICE.issuer, to="coe/passport", at=NOW: passports.read(
        token, keys, issuer, to, at
    )  # noqa: E731
    assert dict(read()) == claims
    late = tokens.sign({**claims, "exp": claims["exp"] + 61}, OFFICE.key, passports.TYPE)
    for refused in (
        lambda: read(to="other"), lambda: read(issuer="https://other.example"), lambda: read(at=NOW + timedelta(minutes=5)),
        lambda: read(tokens.sign(claims, OFFICE.key)), lambda: read(late),
    ):  # fmt: skip
        with pytest.raises(BadToken):
            refused()
