"""A small organisation, as an operator would found it: units, people, their offices, accounts, and who asks."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.processes import Installation, coe, many

UNITS = ("sales", "care")
WORKERS_A_UNIT = 12
ACCOUNTS_A_UNIT = 4
COURSE = "basics"
_COLUMNS = (
    "Employee ID", "First Name", "Last Name", "Preferred Name", "Work Email", "Job Title", "Department", "Location",
    "Worker Type", "Hire Date", "Termination Date", "Status", "Manager ID",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who is there. ``tokens`` and ``ids``: by HR's employee id; ``accounts``: unit of each account, by its id.

    ``names``: HR's employee id of each person, by our id; ``asker`` and ``feed``: bearers of the tool and of HR's feed.
    """

    tokens: Mapping[str, str]
    ids: Mapping[str, str]
    accounts: Mapping[str, str]
    asker: str
    feed: str

    @property
    def names(self) -> dict[str, str]:
        """HR's employee id of each person, by our id."""
        return {id_: name for name, id_ in self.ids.items()}

    @property
    def workers(self) -> list[str]:
        """Those who ask for rights, and who come and go."""
        return [f"{unit}{n}" for unit in UNITS for n in range(WORKERS_A_UNIT)]


def people() -> list[tuple[str, str]]:
    """HR's employee id and department of everybody."""
    several = [(f"{unit}{n}", unit) for unit in UNITS for n in range(WORKERS_A_UNIT)]
    several += [(f"liaison-{unit}{n}", unit) for unit in UNITS for n in range(2)]
    return [*several, *((name, "hub") for name in ("hub0", "hub1", "boss0", "boss1", "auditor"))]


def found(at: Installation) -> Organisation:
    """Put it into a migrated, empty database. Raises ``Failed``."""
    with (at.folder / "people.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for name, unit in people():
            told = (
                name,
                name,
                "Person",
                name,
                f"{name}@campaign.example",
                "Person",
                unit,
                "",
                "Employee",
                "",
                "",
                "Active",
                "",
            )
            rows.writerow(told)
    with (at.folder / "accounts.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("network", "handle", "url", "business_unit", "steward_employee_id", "display_name"))
        for unit in UNITS:
            for n in range(ACCOUNTS_A_UNIT):
                rows.writerow(
                    ("x", f"{unit}_{n}", f"https://x.com/{unit}_{n}", unit, f"liaison-{unit}0", f"{unit} {n}")
                )
    _import(at, "employees", at.folder / "people.csv")
    _import(at, "accounts", at.folder / "accounts.csv")
    ids, keys, accounts = _read(at)
    many(at, _appointments(keys))
    named = [name for name, _ in people()]
    tokens = many(at, [["token", name, "--ttl", "86400"] for name in named])
    made = [
        ["client", "create", name, "--scope", scope, "--static"] for name, scope in (("t", "decisions"), ("f", "hr"))
    ]
    asker, feed = (one.split()[-1] for one in many(at, made))
    return Organisation(dict(zip(named, tokens, strict=True)), ids, accounts, asker, feed)


def _import(at: Installation, what: str, path: Path) -> None:
    coe(at, "import", what, path, "--json")


def _appointments(keys: Mapping[str, str]) -> list[list[str]]:
    made = [
        ["appoint", f"liaison-{unit}{n}", "bu_liaison", "--scope", f"bu:{keys[unit]}"]
        for unit in UNITS
        for n in range(2)
    ]
    made += [["appoint", name, "strategist"] for name in ("boss0", "boss1")]
    return [
        *made,
        *(["appoint", name, "community_manager"] for name in ("hub0", "hub1")),
        ["appoint", "auditor", "auditor"],
    ]


def _read(at: Installation) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Our ids of people, keys of units, and the unit of each account; and a course that may be completed."""
    with psycopg.connect(at.url.replace("+psycopg", "")) as connection:
        read = lambda statement: {key: str(value) for key, value in connection.execute(statement).fetchall()}  # noqa: E731 - short, and only here
        ids = read("SELECT employee_number, id FROM employee")
        keys = read("SELECT lower(name), key FROM business_unit")
        accounts: dict[Any, str] = read(
            "SELECT a.id::text, lower(u.name) FROM account a JOIN business_unit u ON u.id = a.business_unit_id"
        )
    return ids, keys, accounts
