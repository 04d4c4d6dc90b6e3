"""The parts of the index against the plainest thing that does the same: dictionaries, lists, and the database."""

import random
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.rules import AccountState
from app.decisions import store
from app.decisions.memory.accounts import Accounts, Standing
from app.decisions.memory.grants import INSTANTS, Granted, Grants, Held
from app.decisions.memory.hashed import ABSENT, NONE, Heads, IntMap
from app.decisions.memory.instants import NEVER, instant, micros, sure
from app.decisions.memory.people import People, Person
from app.directory import store as directory
from app.directory.rules import EmploymentType
from app.governance.grants.rules import End
from app.governance.models.rules import Right
from app.kernel.ids import new_id
from app.kernel.text import key_of
from app.lifecycle import service as lifecycle

KEYS = st.one_of(st.integers(0, 12), st.integers(0, 2**63 - 1), st.sampled_from([0, 2**63 - 1, 2**40, 2**62]))
VALUES = st.one_of(st.integers(0, 3), st.sampled_from([0, 2**63 - 1]))
PUTS = st.tuples(st.sampled_from(["put", "add", "remove", "remove_one"]), KEYS, VALUES)


@settings(max_examples=200, deadline=None)
@given(st.lists(PUTS, max_size=120), st.sampled_from([0, 1, 9, 100]))
def test_a_map_is_a_dictionary_of_lists(steps, expected):
    held, model = IntMap(expected), {}
    for what, key, value in steps:
        values = model.setdefault(key, [])
        if what == "put":
            if len(values) > 1:
                continue  # which of several is set is nobody's business
            held.put(key, value)
            model[key] = [value]
        elif what == "add":
            held.add(key, value)
            values.append(value)
        elif what == "remove_one":
            held.remove(key, value)
            if value in values:
                values.remove(value)
        elif len(values) == 1:
            held.remove(key)
            values.clear()
        elif not values:
            held.remove(key)
    for key, values in model.items():
        assert sorted(held.every(key)) == sorted(values)
        assert held.get(key) in values if values else held.get(key) == ABSENT
    assert len(held) == sum(map(len, model.values()))


def test_a_map_of_many_grows_and_keeps_all():
    chance, held, model = random.Random(5), IntMap(), {2**63 - 1: 0}
    held.put(2**63 - 1, 0)
    held.put(0, 1)
    for key in range(1, 200):
        held.put(key, key)
        assert held.get(0) == 1
    for key in range(200):
        held.remove(key)
    for _ in range(30_000):
        key = chance.randrange(2**63) if chance.random() < 0.5 else chance.randrange(20_000)
        if chance.random() < 0.7:
            value = chance.randrange(2**63)
            held.put(key, value)
            model[key] = value
        else:
            held.remove(key)
            model.pop(key, None)
    assert len(held) == len(model)
    assert all(held.get(key) == value for key, value in model.items())
    assert all(held.get(key + 20_001) == model.get(key + 20_001, ABSENT) for key in range(1000))


def test_many_of_one_key_are_all_found_and_taken_away_one_by_one():
    held = IntMap()
    for value in range(500):
        held.add(7, value)
        held.add(value + 1000, value)
    for value in range(0, 500, 2):
        held.remove(7, value)
    held.remove(7, 10_000)
    assert sorted(held.every(7)) == list(range(1, 500, 2))
    assert all(held.get(value + 1000) == value for value in range(500))


def test_what_comes_and_goes_takes_no_more_room():
    """A map lives as long as its process: what was taken away must not be paid for ever after."""
    held = IntMap()
    for turn in range(100_000):
        held.put(turn, 1)
        held.remove(turn)
    assert len(held) == 0
    assert len(held._keys) <= 64
    for turn in range(100_000):
        held.put(turn % 1000 + turn // 1000, turn)
        held.remove(turn % 1000 + turn // 1000 - 1000)
    assert len(held._keys) <= 8192


def test_instants_are_kept_to_the_microsecond():
    for at in (0, 1, -1, 1_772_442_001_999_999, -62_135_596_800_000_000, 253_402_300_799_999_999):
        assert micros(sure(at)) == at
        assert micros(instant(at)) == at
    assert instant(NEVER) is None
    assert micros(None) == NEVER


NAMES = ["a", "A", "b", "ß", "SS", "ｂ", "c@x.example", "C@X.Example", "1", str(UUID(int=99)), " a", "é", "e\u0301", ""]
NAMED = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))


def person(id_, number, email="", user_name="", kind=EmploymentType.EMPLOYEE):
    return Person(id_, True, kind, -NEVER, NEVER, number, key_of(email), key_of(user_name))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), NAMED), max_size=25), st.sampled_from([0, 50]))
def test_people_are_found_by_the_names_they_have_now(steps, expected):
    """Against a list that is searched from end to end, as the database's answer is described."""
    people, model, ids = People(expected), {}, [UUID(int=n + 7).bytes for n in range(6)]
    for n, (email, user_name) in steps:
        before = {name: people.find(name) for name in NAMES}
        model[n] = person(ids[n], f"{n}", email, user_name)
        row = people.put(model[n])
        assert people.id_of(row).bytes == ids[n]
        assert people.person(row) == model[n]
        # Whoever was meant by a name and is not any more is one of those who are said to be touched.
        for name, rows in before.items():
            if len(rows) == 1 and people.find(name) != rows:
                assert rows[0] == row or rows[0] in people.namesakes(model[n]), name
    for text in (*NAMES, "0", "5", str(UUID(bytes=ids[0])), str(UUID(bytes=ids[1])).upper(), str(uuid4())):
        found, there = [people.person(row) for row in people.find(text)], searched(model.values(), text)
        assert len(found) == min(len(there), 2), text
        assert set(found) <= set(there), text
    assert len(people) == len(model)


def searched(everybody, text):
    key = key_of(text)
    ways = (
        lambda one: text.lower() == str(UUID(bytes=one.id)),
        lambda one: one.number == text,
        lambda one: one.email and one.email == key,
        lambda one: one.user_name and one.user_name == key,
    )
    for way in ways:
        found = [one for one in everybody if way(one)]
        if found:
            return found
    return []


TEXTS = (
    "asker", "ASKER", "Asker@World.example", " asker@world.example ", "ａｓｋｅｒ@world.example", "colleague", "12", "",
    "twice@world.example", "gone@world.example", "gone", "Straße", "STRASSE", "nobody", "asker\u200b", "re\u0301ne\u0301",
)  # fmt: skip


def test_people_are_found_as_the_directory_finds_them(team):
    """The same texts, asked of the database and of memory, over every twist that names take."""
    for number in ("twin1", "twin2"):
        team.hire(number, email="Twice@world.example")
    team.hire("12", user_name="straße", email="Réné")
    team.hire("gone")
    team.hire("gone2", user_name="12")

    def compared():
        people = People()
        with team.work(write=False) as work:
            for one in store.people(work.session):
                people.put(one)
            ids = [str(id_) for id_ in team.ids.values()]
            forms = [ids[0].upper(), ids[0].replace("-", ""), f"{{{ids[0]}}}", f"urn:uuid:{ids[0]}", str(new_id())]
            for text in (*TEXTS, *ids, *forms):
                there = sorted(str(one.id) for one in directory.find_employees(work.session, text))
                here = sorted(str(people.id_of(row)) for row in people.find(text))
                assert here == there, text

    compared()
    with team.work() as work:
        lifecycle.remove(work, directory.employee(work.session, team.ids["gone"]), "gone")
    team.hire("again", user_name="gone", email="gone@world.example")
    compared()


GRANTS = st.tuples(
    st.integers(0, 6), st.integers(0, 3), st.integers(0, 3), st.sampled_from(list(Right)),
    st.sampled_from([None, *End]), st.integers(-(2**62), NEVER),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(GRANTS, max_size=40), st.sampled_from([0, 100]))
def test_grants_are_found_by_person_by_account_and_by_both(steps, expected):
    held, model = Grants(expected), {}
    for n, who, where, right, end, at in steps:
        place = model[n][-2:] if n in model else (who, where)  # whose and where a grant is never changes
        id_, times = UUID(int=n).bytes, (at, at, NEVER, at, NEVER, at, at)
        held.put(Granted(b"", b"", id_, right.value, end and end.value, INSTANTS.pack(*times)), *place)
        model[n] = Held(id_, right, end, *times, *place)
    assert len(held) == len(model)
    for who in range(5):
        assert held.accounts_of(who) == {one.account for one in model.values() if one.person == who}
        for where in range(5):
            assert held.people_on(where) == {one.person for one in model.values() if one.account == where}
            of = [one for one in model.values() if (one.person, one.account) == (who, where)]
            assert sorted(held.of_pair(who, where)) == sorted(of)


def test_handles_name_whoever_holds_them_now():
    chance, accounts, model = random.Random(5), Accounts(), {}
    ids = [UUID(int=n).bytes for n in range(8)]
    states = [AccountState.ACTIVE, AccountState.DENIED, AccountState.WITHDRAWN, AccountState.ARCHIVED]
    for _ in range(3000):
        one = Standing(chance.choice(ids), "x", f"h{chance.randrange(5)}", chance.choice(states), UUID(int=1))
        ours = one.state not in {AccountState.DENIED, AccountState.WITHDRAWN}
        holder = next((id_ for id_, kept in model.items() if kept[1] and kept[0] == one.handle and id_ != one.id), None)
        if ours and holder is not None:
            continue  # the database has one holder of a handle at a time
        accounts.put(one)
        model[one.id] = (one.handle, ours)
        for handle in (f"h{n}" for n in range(5)):
            expected = next((id_ for id_, kept in model.items() if kept == (handle, True)), None)
            row = accounts.registered("x", handle)
            assert (accounts.account(row).id if row != ABSENT else None) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 99)), max_size=30), max_size=6),
    st.sampled_from([0, 50]),
)
def test_many_at_once_are_as_one_by_one(parts, expected):
    singly, together, heads, model = IntMap(expected), IntMap(expected), Heads(), {}
    for pairs in parts:
        wanted = [singly.put(*pair) for pair in pairs]
        assert together.put_all(pairs) == wanted
        before = [model.get(key, NONE) for key, _ in pairs]
        for n, (key, value) in enumerate(pairs):
            before[n] = model.get(key, NONE)
            model[key] = value
        assert heads.put_all([key for key, _ in pairs], [value for _, value in pairs]) == before
    assert len(singly) == len(together) == len(model)
    for key in range(60):
        assert singly.get(key) == together.get(key) == model.get(key, ABSENT)
        assert heads.get(key) == model.get(key, NONE)
    several = IntMap(expected)
    for pairs in parts:
        several.add_all(pairs)
    for key in range(41):
        assert sorted(several.every(key)) == sorted(value for pairs in parts for one, value in pairs if one == key)
