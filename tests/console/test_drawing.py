"""Pictures as numbers."""

from cmath import pi, rect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.drawing.rules import HEIGHT, PICTURES, WIDTH, Bar, Dot, Line, Part, Picture, bars, picture
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


CENTRE = complex(WIDTH / 2, HEIGHT / 2)


def ring(centre, radius, count, start=0.0):
    """The corners of a regular figure around a point, from an angle on."""
    found = (centre + rect(radius, start + 2 * pi * n / count) for n in range(count))
    return [(round(one.real, 1), round(one.imag, 1)) for one in found]


def test_a_picture_is_the_same_each_time_it_is_drawn():
    assert {key: picture(key) for key in ModelKey} == dict(PICTURES)


def test_the_decentralized_model_is_many_alike_who_do_not_touch():
    drawn = picture(ModelKey.DECENTRALIZED)
    assert {(one.r, one.kind) for one in drawn.dots} == {(5, "unit")} and len(drawn.dots) == 11
    apart = [abs(complex(a.x - b.x, a.y - b.y)) for a in drawn.dots for b in drawn.dots if a is not b]
    assert min(apart) > 10 and (drawn.lines, drawn.cells) == ((), ())


def test_the_centralized_model_is_one_with_the_others_around():
    around = [Dot(x, y, 3.5, "person") for x, y in ring(CENTRE, 36, 10)]
    assert picture(ModelKey.CENTRALIZED) == Picture((Dot(60, 45, 15, "hub"), *around))


def test_the_hub_has_a_line_to_each_unit_the_first_above_it():
    around = ring(CENTRE, 35, 7, -pi / 2)
    assert around[0] == (60, 10)
    dots = Dot(60, 45, 10, "hub"), *(Dot(x, y, 6, "unit") for x, y in around)
    assert picture(ModelKey.HUB_AND_SPOKE) == Picture(dots, tuple(Line(60, 45, x, y) for x, y in around))


def test_the_dandelion_has_units_around_its_hub_and_people_around_each():
    drawn = picture(ModelKey.DANDELION)
    units = [(24, 24), (96, 24), (24, 66), (96, 66)]
    people = {unit: ring(complex(*unit), 15, 7) for unit in units}
    assert drawn.dots[0] == Dot(60, 45, 8, "hub") and not drawn.cells
    assert list(drawn.dots[1:]) == [
        one for unit in units for one in (*(Dot(x, y, 2.5, "person") for x, y in people[unit]), Dot(*unit, 6, "unit"))
    ]
    assert list(drawn.lines) == [
        one for unit in units for one in (Line(60, 45, *unit), *(Line(*unit, x, y) for x, y in people[unit]))
    ]


def test_the_honeycomb_is_cells_side_by_side_and_its_hub_is_one_of_them():
    drawn = picture(ModelKey.HONEYCOMB)
    places = [
        *((x, 24.0) for x in (23.6, 47.9, 72.1, 96.4)), *((x, 45.0) for x in (35.8, 60.0, 84.2)),
        *((x, 66.0) for x in (23.6, 47.9, 72.1, 96.4)),
    ]  # fmt: skip
    assert list(drawn.dots) == [Dot(*one, 4, "hub" if one == (60, 45) else "unit") for one in places]
    assert drawn.cells[5] == "72.1,52 60,59 47.9,52 47.9,38 60,31 72.1,38" and drawn.lines == ()
    assert drawn.cells[0] == "35.8,31 23.6,38 11.5,31 11.5,17 23.6,10 35.8,17"
    for (x, y), cell in zip(places, drawn.cells, strict=True):
        corners = [complex(*map(float, one.split(","))) for one in cell.split()]
        assert all(abs(one - complex(x, y)) == pytest.approx(14, abs=0.1) for one in corners)


def test_bars_stand_by_length_or_as_they_were_given():
    rows = {"b": {"x": 1, "y": 3, "z": 9}, "c": {}, "a": {"y": 4}, "d": {"x": 5, "y": 3}}
    longest = Bar("d", 8, (Part("x", 5, 0.0, 62.5), Part("y", 3, 62.5, 37.5)))
    middle = [Bar("a", 4, (Part("y", 4, 0.0, 50.0),)), Bar("b", 4, (Part("x", 1, 0.0, 12.5), Part("y", 3, 12.5, 37.5)))]
    assert bars(rows, ("x", "y")) == [longest, *middle, Bar("c", 0, ())]
    assert [one.name for one in bars(rows, ("x", "y"), longest_first=False)] == list(rows)
    assert bars({}, ("x",)) == [] and bars({"a": {}}, ("x",)) == [Bar("a", 0, ())]
    thirds = bars({"a": {"x": 1, "y": 2}}, ("x", "y"))[0].parts
    assert thirds == (Part("x", 1, 0.0, 33.33), Part("y", 2, 33.33, 66.67))


def test_the_length_of_a_bar_is_of_the_longest_even_of_one():
    assert bars({"a": {"x": 1}}, ("x",))[0].parts == (Part("x", 1, 0.0, 100.0),)
