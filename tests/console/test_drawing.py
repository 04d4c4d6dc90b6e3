"""Pictures as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.drawing.rules import HEIGHT, PICTURES, WIDTH, bars
from app.governance.models.rules import ModelKey

ROWS = st.dictionaries(st.text(min_size=1), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**6)), max_size=8)


@given(ROWS)
def test_bars_are_as_long_as_what_they_stand_for(rows):
    made = bars(rows, "abc")
    assert {one.name: one.total for one in made} == {
        name: sum(row.get(series, 0) for series in "abc") for name, row in rows.items()
    }
    assert [one.total for one in made] == sorted((one.total for one in made), reverse=True)
    most = max((one.total for one in made), default=0)
    for one in made:
        assert sum(part.number for part in one.parts) == one.total
        length = sum(part.length for part in one.parts)
        assert length == pytest.approx(100 * one.total / (most or 1), abs=0.02)
        starts = [part.start for part in one.parts]
        assert starts == sorted(starts)


def test_every_model_has_a_picture_inside_its_frame():
    assert set(PICTURES) == set(ModelKey)
    for one in PICTURES.values():
        for dot in one.dots:
            assert dot.r <= dot.x <= WIDTH - dot.r and dot.r <= dot.y <= HEIGHT - dot.r
        points = [tuple(map(float, point.split(","))) for cell in one.cells for point in cell.split()]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_the_pictures_tell_the_models_apart():
    kinds = {key: {dot.kind for dot in one.dots} for key, one in PICTURES.items()}
    assert "hub" not in kinds[ModelKey.DECENTRALIZED] and not PICTURES[ModelKey.DECENTRALIZED].lines
    assert "unit" not in kinds[ModelKey.CENTRALIZED]
    assert len(PICTURES[ModelKey.HUB_AND_SPOKE].lines) == len(PICTURES[ModelKey.HUB_AND_SPOKE].dots) - 1
    assert kinds[ModelKey.DANDELION] == {"hub", "unit", "person"}
    assert len(PICTURES[ModelKey.HONEYCOMB].cells) == len(PICTURES[ModelKey.HONEYCOMB].dots)
