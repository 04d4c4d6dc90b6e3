"""A real organisation on a fresh database, with the few appointments that let rights be asked for and granted."""

import csv
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from .processes import Caller, Failed, Installation, coe, many

UNITS = 8
ASKERS = 6


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does what, by HR's employee id: per unit its liaison and those who ask; the hub; a strategist."""

    liaisons: dict[str, str]
    askers: dict[str, list[str]]
    hub: str
    strategist: str

    @property
    def everyone(self) -> list[str]:
        """All of them."""
        return [
            *self.liaisons.values(),
            *itertools.chain.from_iterable(self.askers.values()),
            self.hub,
            self.strategist,
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One round trip to be made: who asks for which account, whose word it takes; tokens, and the asker's number."""

    asker: str
    number: str
    account_id: str
    liaison: str
    hub: str


def load(at: Installation, export: Path) -> Staff:
    """Import one dated export, and appoint a strategist; the others are appointed over HTTP."""
    coe(at, "import", "employees", (export / "employees.csv").resolve(), "--complete", "--json", ok=(0, 1))
    coe(at, "import", "accounts", (export / "accounts.csv").resolve(), "--json", ok=(0, 1))
    staff = _staff(export)
    many(at, [["appoint", staff.strategist, "strategist"]])
    return staff


def _staff(export: Path) -> Staff:
    people: dict[str, list[str]] = {}
    with (export / "employees.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            people.setdefault(row["Department"], []).append(row["Employee ID"])
    with (export / "accounts.csv").open(encoding="utf-8", newline="") as file:
        held = Counter(row["business_unit"] for row in csv.DictReader(file))
    large = [unit for unit, _ in held.most_common() if len(people.get(unit, ())) > ASKERS][:UNITS]
    outside = [number for unit, numbers in sorted(people.items()) if unit not in large for number in numbers]
    if not large or len(outside) < 2:
        raise Failed(f"{export} has no unit of more than {ASKERS} people with accounts, or nobody outside of such")
    liaisons = {unit: people[unit][0] for unit in large}
    return Staff(liaisons, {unit: people[unit][1 : ASKERS + 1] for unit in large}, outside[0], outside[1])


def appoint(at: Installation, caller: Caller, staff: Staff) -> list[Case]:
    """Appoint liaisons and hub; every pair of an asker and an account of their unit, in an order that mixes units."""
    tokens = dict(
        zip(staff.everyone, many(at, [["token", one, "--ttl", "86400"] for one in staff.everyone]), strict=True)
    )
    boss = tokens[staff.strategist]
    caller.want(
        201,
        "POST",
        "/v1/appointments",
        boss,
        {"employee_id": _employee(caller, boss, staff.hub), "role": "community_manager"},
    )
    cases = []
    for unit, liaison in staff.liaisons.items():
        unit_id = caller.want(200, "GET", f"/v1/business-units?{urlencode({'name': unit})}", boss)["items"][0]["id"]
        over = {"employee_id": _employee(caller, boss, liaison), "role": "bu_liaison", "business_unit_id": unit_id}
        caller.want(201, "POST", "/v1/appointments", boss, over)
        for account, asker in itertools.product(_accounts(caller, boss, unit_id), staff.askers[unit]):
            cases.append(Case(tokens[asker], asker, account, tokens[liaison], tokens[staff.hub]))
    random.Random(7).shuffle(cases)
    return cases


def _employee(caller: Caller, token: str, number: str) -> str:
    return str(
        caller.want(200, "GET", f"/v1/employees?{urlencode({'employee_number': number})}", token)["items"][0]["id"]
    )


def _accounts(caller: Caller, token: str, unit_id: str) -> Iterator[str]:
    found = caller.want(200, "GET", f"/v1/accounts?{urlencode({'business_unit_id': unit_id, 'limit': 200})}", token)
    return (str(one["id"]) for one in found["items"])


def round_trip(caller: Caller, case: Case, lap: "Laps") -> None:
    """Ask, endorse, approve; raises ``Failed`` unless the right is granted in the end."""
    body = {"account_id": case.account_id, "rights": ["publish"], "justification": "Constituent service."}
    with lap("ask"):
        made = caller.want(201, "POST", "/v1/rights-requests", case.asker, body)
    path, word = f"/v1/rights-requests/{made['id']}/decisions", {"decision": "approve", "comment": "Seen."}
    with lap("endorse"):
        caller.want(200, "POST", path, case.liaison, word)
    with lap("approve"):
        done = caller.want(200, "POST", path, case.hub, word)
    if done["state"] != "granted":
        raise Failed(f"the request ended as {done['state']}")


class Laps:
    """Called with the name of a step: a context that takes the time, counts, or does nothing."""

    def __call__(self, _name: str) -> "Laps":
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
