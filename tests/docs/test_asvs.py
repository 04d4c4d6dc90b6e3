"""docs/asvs.md: every requirement of its chapters has a row without blanks, and what it names as shown is there."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "asvs.md"
SECTIONS = {"2.1": 3, "2.2": 3, "2.3": 5, "2.4": 2, "8.1": 4, "8.2": 4, "8.3": 3, "8.4": 2, "9.1": 3, "9.2": 4,
            "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4}  # fmt: skip
"""How many requirements each section of ASVS 5.0 has."""


def rows():
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"\d+\.\d+\.\d+", cells[0]):
            yield cells


def test_every_requirement_has_a_row_without_blanks():
    assert [cells[0] for cells in rows()] == [
        f"{section}.{n}" for section, many in SECTIONS.items() for n in range(1, many + 1)
    ]
    assert all(all(cells) for cells in rows())


def test_what_is_named_as_shown_is_there():
    for number, *_, shown in rows():
        named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", shown)
        assert named, number
        for file, name in named:
            tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
            functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert (name in functions) if name else functions or "import" in ast.unparse(tree), (number, file, name)
