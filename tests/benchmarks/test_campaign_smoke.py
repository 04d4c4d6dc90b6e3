"""A whole campaign, as short as one can be: two replicas, one killed and connections ended, on a PostgreSQL of its own.

What it promises within seconds is not looked at here: the machine that tests run on has other things to do.
"""

import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

from benchmarks.campaign.campaign import Plan, campaign
from benchmarks.campaign.schedule import Fault

TIMED = ("8", "9")


def children():
    return {one.pid for one in psutil.Process().children(recursive=True)}


@pytest.fixture
def nothing_left(monkeypatch):
    """No process and no folder stays behind. The folder is open to whoever PostgreSQL runs as."""
    before, folder = children(), Path(tempfile.mkdtemp(prefix="smoke-"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    left = list(folder.iterdir())
    shutil.rmtree(folder)
    assert not left
    assert children() <= before


def test_nothing_is_lost_or_done_twice_when_a_replica_dies(nothing_left, tmp_path):
    faults = [Fault(2.0, "kill", 1.0, 0), Fault(3.0, "terminate", 1.0, 0)]
    outcome = campaign(Plan("smoke", 1, 6.0, faults, clients=4, replicas=2, rate=20, keep=tmp_path))
    assert [(one.name, one.found) for one in outcome.broken if not one.name.startswith(TIMED)] == []
    assert {one.kind for one in outcome.told.faults} == {"kill", "terminate"}
    assert sum(one.outcome == "ok" for one in outcome.told.writes) > 10
    assert not outcome.wrong


def test_nothing_is_lost_of_a_file_whose_process_dies(nothing_left, tmp_path):
    faults = [Fault(2.0, "kill", 1.0, 0)]
    plan = Plan("smoke", 1, 6.0, faults, clients=4, rate=20, keep=tmp_path, embedded=True)
    outcome = campaign(plan)
    assert [(one.name, one.found) for one in outcome.broken if not one.name.startswith(TIMED)] == []
    assert [one.kind for one in outcome.told.faults] == ["kill"]
    assert sum(one.outcome == "ok" for one in outcome.told.writes) > 10
    assert not outcome.wrong and not [one.name for one in outcome.verdicts if one.skipped]
