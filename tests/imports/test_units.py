"""A tree of units from a file."""

from app.directory.rules import MAX_DEPTH, UnitState
from app.kernel.access import operator_work
from app.lifecycle import service as lifecycle

from .bench import Bench, counts


def unit(key: str, parent: str = "", **more: str) -> dict[str, str]:
    return {"key": key, "name": key.title(), "parent": parent, "function": "", "region": "", "timezone": "", **more}


TREE = [unit("team", "sales"), unit("sales", "emea"), unit("emea"), unit("enterprise", name="Acme")]


def test_parents_may_stand_anywhere_in_the_file(bench: Bench) -> None:
    done = bench.units([*TREE, unit("ops", function="Supply Chain", region="EMEA", timezone="Europe/Berlin")])
    assert (done.counts, done.events) == (counts(created=4, updated=1), 5)
    assert bench.unit("team").path == tuple(bench.unit(key).id for key in ("enterprise", "emea", "sales", "team"))
    ops = bench.unit("ops")
    assert (ops.function, ops.region, ops.timezone) == ("supply_chain", "EMEA", "Europe/Berlin")
    assert bench.unit("enterprise").name == "Acme"


def test_the_same_file_again_changes_nothing(bench: Bench) -> None:
    bench.units(TREE)
    again = bench.units(TREE)
    assert (again.counts, again.events) == (counts(unchanged=4), 0)


def test_a_tree_turned_round(bench: Bench) -> None:
    bench.units(TREE)
    turned = [unit("emea", "sales"), unit("sales", "team"), unit("team")]
    assert bench.units(turned).counts == counts(updated=3)
    assert bench.unit("emea").path == tuple(bench.unit(key).id for key in ("enterprise", "team", "sales", "emea"))


def test_an_empty_cell_leaves_what_we_hold(bench: Bench) -> None:
    bench.units([unit("ops", region="EMEA")])
    assert bench.units([unit("ops", name="Operations")]).counts == counts(updated=1)
    assert (bench.unit("ops").name, bench.unit("ops").region) == ("Operations", "EMEA")


def test_bad_rows_are_rejected_with_what_hangs_on_them(bench: Bench) -> None:
    bench.units([unit("old"), unit("a")])
    with operator_work(bench.house) as work:
        lifecycle.close_unit(work, "old", "over")
    done = bench.units(
        [
            unit("a", "b"),  # a and b would go round
            unit("b", "a"),
            unit("c", "nowhere"),
            unit("d", "c"),
            unit("old"),
            unit("e", "old"),
            unit("f", timezone="Mars"),
            unit("g"),
            unit("g", region="EMEA"),
            unit("good"),
        ]
    )
    assert done.codes == {
        2: "business_unit_cycle", 3: "business_unit_cycle", 4: "unknown_parent", 5: "unknown_parent",
        6: "business_unit_closed", 7: "business_unit_closed", 8: "unknown_timezone", 9: "differing_rows",
        10: "differing_rows",
    }  # fmt: skip
    assert done.counts == counts(created=1, rejected=9)
    assert bench.unit("a").parent_id == bench.unit("enterprise").id
    assert bench.unit("old").state is UnitState.CLOSED


def test_a_tree_may_not_be_deeper_than_it_may(bench: Bench) -> None:
    chain = [unit(f"u-{n}", f"u-{n - 1}" if n > 1 else "") for n in range(1, MAX_DEPTH + 2)]
    done = bench.units(chain)
    assert done.counts == counts(created=MAX_DEPTH - 1, rejected=2)  # the root is a level too
    assert done.codes[MAX_DEPTH + 1] == "too_deep"
    assert len(bench.unit(f"u-{MAX_DEPTH - 1}").path) == MAX_DEPTH
