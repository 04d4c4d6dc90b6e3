"""Since when a request waits, and which freezes a report tells of: rules as plain calls."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.governance.freezes.rules import FreezeKind, Target
from app.governance.models.rules import StepKind
from app.kernel.actor import Place
from app.reports.rules import EVERYTHING, Part, View
from app.reports.stops.rules import reaches
from app.reports.timing.rules import waits_since

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Said:
    kind: StepKind
    at: datetime


@dataclass
class Asked:
    decisions: tuple
    round: int = 1
    created_at: datetime = NOW


FIRST, SECOND = list(StepKind)[:2]


def test_a_step_waits_since_the_one_before_it_had_passed():
    open_step = Said(SECOND, NOW)
    assert waits_since(Asked(()), open_step) == NOW
    assert waits_since(Asked((Said(SECOND, NOW + DAY),)), open_step) == NOW
    before = Said(FIRST, NOW + DAY), Said(FIRST, NOW + 2 * DAY), Said(SECOND, NOW + 3 * DAY)
    assert waits_since(Asked(before), open_step) == NOW + 2 * DAY
    assert waits_since(Asked(before, 2), open_step) == NOW + 2 * DAY


def test_nobody_kept_when_a_request_was_sent_anew():
    assert waits_since(Asked((), 2), Said(SECOND, NOW)) is None


@dataclass
class Unit:
    path: tuple[UUID, ...]


@dataclass
class Held:
    place: Place


ROOT, EUROPE, NORDICS, ASIA, ACME, GONE = (UUID(int=n) for n in range(1, 7))
UNITS = {
    ROOT: Unit((ROOT,)), EUROPE: Unit((ROOT, EUROPE)), NORDICS: Unit((ROOT, EUROPE, NORDICS)), ASIA: Unit((ROOT, ASIA)),
}  # fmt: skip
ACCOUNTS = {ACME: Held(Place((ROOT, EUROPE), "x"))}
K = FreezeKind


def unit(id_):
    return Target(K.BUSINESS_UNIT, business_unit_id=id_)


@pytest.mark.parametrize(
    ("target", "parts", "reached"),
    [
        (Target(K.ENTERPRISE), [Part(ASIA, "x")], True),
        (Target(K.ACCOUNT, account_id=ACME), [Part(EUROPE)], True),
        (Target(K.ACCOUNT, account_id=ACME), [Part(ASIA)], False),
        (Target(K.ACCOUNT, account_id=GONE), [EVERYTHING], False),
        (Target(K.ACCOUNT), [EVERYTHING], False),
        (Target(K.NETWORK, network="x"), [EVERYTHING], True),
        (Target(K.NETWORK, network="x"), [Part(ASIA, "x")], True),
        (Target(K.NETWORK, network="x"), [Part(ASIA, "linkedin")], False),
        (unit(EUROPE), [EVERYTHING], True),
        (unit(EUROPE), [Part(None, "x")], True),
        (unit(EUROPE), [Part(EUROPE)], True),
        (unit(EUROPE), [Part(NORDICS)], True),
        (unit(NORDICS), [Part(EUROPE)], True),
        (unit(NORDICS), [Part(ASIA)], False),
        (unit(ASIA), [Part(NORDICS)], False),
        (unit(ASIA), [Part(NORDICS), Part(ASIA)], True),
        (unit(ASIA), [], False),
        (unit(None), [Part(ASIA)], True),
    ],
)
def test_a_freeze_is_told_of_where_it_stops_anything(target, parts, reached):
    assert reaches(target, View(tuple(parts), UNITS, NOW, NOW), ACCOUNTS) is reached
