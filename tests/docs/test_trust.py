"""The list of attacks is whole, and each is shown by a test that says its number, or the list says why there is none."""

import re
import tomllib

import pytest

from scripts import docs

COUNTS = {"A": 23, "B": 17, "C": 17, "D": 13, "E": 9, "F": 16, "G": 10, "H": 13, "I": 6, "J": 17, "K": 18, "L": 10}
NUMBERS = {f"{kind}{n:02}" for kind, count in COUNTS.items() for n in range(1, count + 1)} - {"B14"}
TOLD = tomllib.loads((docs.DOCS / "trust.toml").read_text())


def test_every_attack_is_told_in_its_place():
    told = {number: kind for kind, listed in TOLD.items() if kind not in ("titles", "beside") for number in listed}
    assert set(told) == NUMBERS and all(number[0] == kind for number, kind in told.items())
    assert set(TOLD["titles"]) == set(COUNTS)
    assert all(text.endswith(".") for kind in COUNTS for text in (*TOLD[kind].values(), *TOLD["beside"].values()))


def test_every_attack_is_shown_by_a_test_or_says_why_not():
    shown = docs.attack_tests()
    assert NUMBERS - set(shown) <= set(TOLD["beside"])
    assert set(shown) <= NUMBERS, "a test names an attack that there is not"
    for number, files in shown.items():
        for file, names in files.items():
            text = (docs.ROOT / "tests" / file).read_text()
            assert all(f"def {name}(" in text for name in names), (number, file)


def test_a_number_that_nobody_knows_is_told(monkeypatch):
    monkeypatch.setattr(docs, "attack_tests", lambda: {"A99": {"test_it.py": ["test_A99_nothing"]}})
    with pytest.raises(docs.DocsError, match="A99"):
        docs.attacks()


def test_an_attack_that_no_test_names_is_told(monkeypatch):
    shown = docs.attack_tests()
    shown.pop("A01")
    monkeypatch.setattr(docs, "attack_tests", lambda: shown)
    with pytest.raises(docs.DocsError, match=r"no test names these.*A01"):
        docs.attacks()


def test_a_test_is_found_by_its_name_and_by_its_words():
    """One stands in a name, the other in words."""
    shown = docs.attack_tests()
    assert "test_A01_no_algorithm" in shown["A01"]["kernel/test_tokens_attacks.py"]
    assert "test_every_cell" in shown["B01"]["test_permissions.py"]
    assert all(re.fullmatch(r"[A-L]\d\d", number) for number in shown)
