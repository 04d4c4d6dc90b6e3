"""A bench on which files are made and loaded, over a fresh database of either kind."""

from pathlib import Path

import pytest

from app.kernel.access import House

from .bench import Bench


@pytest.fixture
def bench(house: House, tmp_path: Path) -> Bench:
    return Bench(house, tmp_path / "file.csv")
