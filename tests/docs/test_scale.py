"""The arithmetic of the page on scale is that of the code: its rows, its maps, its limits."""

import re

import pytest

from app.decisions import desk, service
from app.decisions.memory import grants, people
from app.decisions.memory.hashed import NONE, Heads, IntMap
from scripts.docs import DOCS

PAGE = (DOCS / "scale.md").read_text()
PEOPLE, GRANTS, ACCOUNTS, NAMES = 10_000_000, 20_000_000, 100_000, 60
ACCOUNT, ANSWER = 500, 1_100
SLOT = 16


class Sized(IntMap):
    """A map that says how many slots it would have, and has none."""

    def _allocate(self, expected):
        self.slots = 1 << (expected * 8 // 5).bit_length()


def slots(expected):
    return Sized(expected).slots


MAPS = {
    "people, map": slots(PEOPLE * 4),
    "grants, map of pairs": slots(GRANTS),
    "completions, map": slots(PEOPLE),
    "attestations, map": slots(PEOPLE),
}
BYTES = {
    "people, rows": PEOPLE * people._ROW.size,
    "people, names": PEOPLE * (people._LENGTHS.size + NAMES),
    "grants, rows": GRANTS * grants._ROW.size,
    "grants, by person and by account": (PEOPLE + ACCOUNTS) * Heads()._last.itemsize,
    "accounts": ACCOUNTS * ACCOUNT,
    "answers kept": desk.KEPT * ANSWER,
    **{name: count * SLOT for name, count in MAPS.items()},
}


def row(name):
    """The cells of the table's row of this name."""
    (cells,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.MULTILINE)
    return [one.strip() for one in cells.split("|")]


def test_a_map_has_as_many_slots_as_said():
    for expected in (8, 1_000, 100_000):
        made = IntMap(expected)
        assert len(made._keys) == len(made._values) == slots(expected)
        assert made._keys.itemsize + made._values.itemsize == SLOT


def test_the_sizes_are_those_of_the_code():
    assert int(row("a person, row")[0]) == people._ROW.size
    assert row("a person, names")[0] == f"{people._LENGTHS.size} and the names"
    assert int(row("a grant, row")[0]) == grants._ROW.size
    assert f"of which a slot\ntakes {SLOT} bytes" in PAGE and f"at most {desk.KEPT:,} of them" in PAGE


@pytest.mark.parametrize("name", BYTES)
def test_each_row_is_worked_out(name):
    _, said, size = row(name)
    assert size == f"{BYTES[name] / 1e6:,.0f}"
    assert said == (f"{MAPS[name]:,}" if name in MAPS else "")


def test_beside_each_grant_stand_its_persons_and_its_accounts():
    assert (
        row("a grant, found by")[1]
        == f"of the map of pairs; beside it {Heads()._last.itemsize} bytes for each person and each account"
    )


def test_it_is_added_up():
    assert row("together")[-1] == f"{sum(BYTES.values()) / 1e6:,.0f}"


def test_when_the_map_of_people_is_full():
    full = MAPS["people, map"] * 5 // 8
    assert f"full at {full:,} entries: with {full // 4:,} people" in PAGE
    assert f"{2 * MAPS['people, map']:,} slots, {2 * MAPS['people, map'] * SLOT / 1e6:,.0f} MB" in PAGE


def test_where_the_numbers_end():
    assert grants._pair(1, 0) - 1 == 16_777_215 and "16,777,215 accounts" in PAGE
    assert NONE == 4_294_967_295 and "4,294,967,295 people or grants" in PAGE
    assert f"more than {service.MANY:,} changes behind" in PAGE


def test_the_machines_are_worked_out():
    rows = re.findall(r"^\| ([\d,]+) \| (\d+) \| (\d+) \| (\d+) \| ([\d,]+) GB \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for rate, bare, spare, machines, memory in rows:
        workers = 1_000_000 / int(rate.replace(",", ""))
        assert (int(bare), int(spare)) == (workers, 1.5 * workers)
        assert int(machines) == -(-int(spare) // 16) and memory == f"{int(spare) * 14:,}"
