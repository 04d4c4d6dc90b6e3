import shutil
from dataclasses import dataclass

import pytest

from app.demo.rules import Demo
from app.demo.service import seed
from tests.kit import World


@dataclass
class Founded:
    """The demo enterprise, the service it lives in, and what its founding reported."""

    world: World
    demo: Demo
    steps: list[tuple[int, int]]


@pytest.fixture(scope="package")
def founded(sqlite_template, tmp_path_factory):
    """The demo enterprise, founded once; tests only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "coe.db")
    world, steps = World(f"sqlite:///{folder / 'coe.db'}", folder), []
    yield Founded(world, seed(world.house, lambda n, of: steps.append((n, of))), steps)
    world.close()
