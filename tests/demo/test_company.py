"""The made-up company as data: its parts fit together before anything is founded."""

from app.demo.company.rules import DECIDERS, LEADERS, LEAVER, PEOPLE, PERSONAS, REGIONS, SEATS, UNITS, people_of
from app.demo.inventory.rules import IN_USE, MAIN, inventory
from app.demo.rules import ACCOUNTS, PASSWORD
from app.demo.story import rules as story
from app.directory.rules import ROOT_KEY
from app.identity.login.rules import check_password
from app.networks.rules import canonical, known

KEYS = {person.key for person in PEOPLE}
WISHES = (
    *story.granted(inventory()), *story.MORE, *story.WAITING, *story.WAITING_FOR_HUB, *story.WAITING_FOR_STRATEGIST,
    story.EXPIRED, story.RENEWED, story.DENIED, story.WITHDRAWN, story.CHANGES, story.OVERDUE,
)  # fmt: skip


def test_about_eighty_people_each_named_once():
    assert 75 <= len(PEOPLE) <= 85
    assert (
        len(KEYS) == len({person.name for person in PEOPLE}) == len({person.number for person in PEOPLE}) == len(PEOPLE)
    )
    assert {"employee", "contractor", "agency"} == {person.employment for person in PEOPLE}


def test_everyone_but_one_has_a_manager_who_stands_before_them():
    before = set()
    for person in PEOPLE:
        assert person.manager in before or (person.manager is None and not before)
        before.add(person.key)


def test_units_stand_below_ones_named_before_and_only_one_is_empty():
    before = {ROOT_KEY}
    for unit in UNITS:
        assert unit.parent in before
        assert bool(people_of(unit.key)) is (unit.key != "pop-up-stores")
        before.add(unit.key)
    assert 13 <= len(UNITS) <= 16
    assert {person.unit for person in PEOPLE} == before - {"pop-up-stores"}


def test_every_persona_is_somebody_and_the_password_will_do_for_each():
    for key, name in PERSONAS.items():
        (person,) = [one for one in PEOPLE if one.key == key]
        assert person.name == name
        assert person.email == f"{key}@demo.example"
        check_password(PASSWORD, (person.email, person.key, person.name))


def test_seats_and_wishes_speak_of_people_who_are_there():
    named = {LEAVER, *DECIDERS, *(seat.person for seat in (*LEADERS, *SEATS))} | {
        seat.deputy for seat in SEATS if seat.deputy
    }
    named |= {wish.who for wish in WISHES} | {one.who for one in story.PROPOSALS}
    assert named <= KEYS


def test_iberia_has_two_liaisons_and_latin_america_none():
    liaisons = [seat.unit for seat in SEATS if seat.role == "bu_liaison"]
    assert (liaisons.count("iberia"), liaisons.count("nordics"), liaisons.count("latin-america")) == (2, 2, 0)


def test_the_inventory_is_the_same_each_time():
    inventory.cache_clear()
    first = inventory()
    inventory.cache_clear()
    assert first == inventory()


def test_the_inventory_and_the_proposals_add_up():
    assert len(inventory()) + len(story.PROPOSALS) + 1 == ACCOUNTS
    keys = [one.key for one in inventory()]
    assert len(set(keys)) == len(keys)
    assert {*IN_USE, *(wish.account for wish in WISHES)} <= set(keys)
    assert {one.network for one in inventory()} >= {
        "x",
        "linkedin",
        "facebook",
        "instagram",
        "youtube",
        "tiktok",
        "mastodon",
    }


def test_every_handle_is_one_of_its_network_and_one_pair_looks_alike():
    networks, seen, pairs = {one.key: one for one in known()}, {}, []
    for one in [*inventory(), *(proposal for proposal in (*story.PROPOSALS, story.OPENED))]:
        network, _, handle = one.key.partition(":")
        looks = (network, canonical(networks[network], handle, others=networks.values()).skeleton)
        pairs += [{seen[looks], one.key}] if looks in seen else []
        seen[looks] = one.key
    assert pairs == [{"x:alder_group", "x:a1der_group"}]


def test_the_demo_liaison_may_still_ask_for_what_the_examples_speak_of():
    assert MAIN == "x:alder_nordics"
    assert not [wish for wish in WISHES if wish.who == "liaison" and wish.account == MAIN and "publish" in wish.rights]


def test_every_region_has_accounts_and_asks_for_rights():
    assert {one.unit for one in inventory()} >= set(REGIONS)
    units = {one.key: one.unit for one in inventory()}
    assert {units[wish.account] for wish in story.granted(inventory())} == set(REGIONS)
