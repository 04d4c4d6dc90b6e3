"""What ``make mutation`` breaks is tried by every test of rules: none is forgotten, and none that is listed is gone."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_of_rules_is_tried_on_broken_ones():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    chosen = told["pytest_add_cli_args_test_selection"]
    rules = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*rules.py")}
    assert len(rules) > 40 and rules <= set(chosen)
    assert [one for one in chosen if not (ROOT / one).is_file()] == [] and chosen == sorted(set(chosen))
