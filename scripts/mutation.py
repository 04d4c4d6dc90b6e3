"""Break the rules in every way that mutmut knows, one at a time, and see whether a test notices.

    python scripts/mutation.py                          all of what [tool.mutmut] in pyproject.toml names
    python scripts/mutation.py "app.governance.steps*"   only these, again
    python scripts/mutation.py --report                  the last results, as they stand in benchmarks/RESULTS-MUTATION.md

mutmut makes the changes, and finds out which test comes by which of them. Trying them is done here: mutmut begins a whole
run of pytest for each, and there are thousands. Here pytest collects once, and each change is tried in a fork of it.

What is not broken: sentences for people, since a rule is what it decides and not how that is worded; and what mutmut leaves
alone of itself: constants of modules, properties, type annotations. Ends with 1 where fewer than nine of ten are noticed.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from mutmut.__main__ import create_mutants
from mutmut.configuration import config
from mutmut.mutation import mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

MUTANTS = Path("mutants")
KEPT = MUTANTS / "results.json"
RESULTS = Path("benchmarks/RESULTS-MUTATION.md")
ENOUGH = 0.9
JOBS = int(os.environ.get("COE_MUTATION_JOBS", "2"))
MOST_TESTS = 60
"""So many of the tests that come by a change are tried, the quickest first: who lives longer than these counts as alive."""
NOTICED, ALIVE, UNTESTED = "noticed", "not noticed", "no test"
Told = dict[str, str]


def main() -> int:
    """Break, try, report, and say whether that is enough."""
    asked = [one for one in sys.argv[1:] if not one.startswith("--")]
    if "--report" not in sys.argv:
        _break(asked)
    found = by_file(json.loads(KEPT.read_text()))
    RESULTS.write_text(report(found))
    for path, told in found.items():
        if told:
            print(f"{score(told):7.1%} {path}")
    whole = score({name: one for told in found.values() for name, one in told.items()})
    print(f"{whole:7.1%} of all")
    return 0 if whole >= ENOUGH else 1


def _break(asked: Sequence[str]) -> None:
    _leave_sentences_alone()
    set_mutant_under_test("none")
    MUTANTS.mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    create_mutants(JOBS)
    names = [name for told in changes().values() for name in told]
    chosen = [name for name in names if not asked or any(fnmatch(name, one) for one in asked)]
    before: Told = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept, there = KEPT.absolute(), set(names)

    def keep(told: Told) -> None:
        kept.write_text(json.dumps({name: one for name, one in (before | told).items() if name in there}, indent=1))

    trying = Trying(chosen, keep)
    here = Path.cwd()
    os.chdir(MUTANTS)
    told = config()
    code = pytest.main(
        ["--rootdir=.", "-q", "--tb=native", *told.pytest_add_cli_args, *told.pytest_add_cli_args_test_selection],
        [trying],
    )
    os.chdir(here)
    if code not in {0, 5}:
        raise SystemExit(f"the tests do not run on unbroken rules: {code}")
    KEPT.write_text(json.dumps({name: one for name, one in (before | trying.told).items() if name in there}, indent=1))


def _leave_sentences_alone() -> None:
    """Neither changed nor taken away."""
    strings, arguments = mutators.operator_string, mutators.operator_arg_removal

    def operator_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
        return [] if _sentence(node) else strings(node)

    def operator_arg_removal(node: cst.Call) -> Iterable[cst.Call]:
        for changed in arguments(node):
            gone = [one for one in node.args if not any(one.deep_equals(other) for other in changed.args)]
            if not any(_sentence(one.value) for one in gone):
                yield changed

    instead: dict[Any, Any] = {strings: operator_string, arguments: operator_arg_removal}
    operators: list[Any] = mutators.mutation_operators  # type: ignore[assignment]
    operators[:] = [(kind, instead.get(way, way)) for kind, way in operators]


def _sentence(node: cst.BaseExpression) -> bool:
    """A text with a blank in it is for people."""
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value for part in node.parts)
    return isinstance(node, cst.SimpleString) and " " in node.value


def changes() -> dict[str, list[str]]:
    """By source file: every change that was made to it, by name."""
    found = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        found[str(path)] = list(data.exit_code_by_key)
    return found


class Trying:
    """In place of a run of the tests: one on unbroken rules, to see which test comes by what; then one for each change."""

    def __init__(self, names: Sequence[str], keep: Callable[[Told], None]) -> None:
        self.told: Told = {}
        self._keep = keep
        self._names = names
        self._out = os.dup(2)
        self._reach: dict[str, set[pytest.Item]] = defaultdict(set)
        self._took: dict[pytest.Item, float] = {}

    def pytest_configure(self) -> None:
        """A first counterexample will do, and none is remembered. Not before pytest has hypothesis loaded its own way."""
        from hypothesis import Phase, settings

        settings.register_profile(
            "broken", phases=[Phase.explicit, Phase.generate], database=None, derandomize=True, print_blob=False
        )
        settings.load_profile("broken")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Takes the place of pytest's own."""
        self._look(session.items)
        self._say(f"{len(self._took)} tests, {len(self._names)} changes")
        self._try_all(session.items[0])
        return True

    def _say(self, text: str) -> None:
        os.write(self._out, f"{text}\n".encode())

    def _look(self, items: Sequence[pytest.Item]) -> None:
        """What comes by what, and how long that takes. A test that fails on unbroken rules says nothing."""
        set_mutant_under_test("stats")
        for item, following in zip(items, [*items[1:], items[0]], strict=True):
            state()._stats.clear()  # noqa: SLF001 - where mutmut's own runner reads it
            began = time.perf_counter()
            good = _passes(item, following)
            if not good:
                self._say(f"left out, it fails as it is: {item.nodeid}")
                continue
            self._took[item] = time.perf_counter() - began
            for name in state()._stats:  # noqa: SLF001
                self._reach[name].add(item)

    def _try_all(self, first: pytest.Item) -> None:
        gc.collect()
        gc.freeze()  # a fork that does not tidy up what it got copies less of it
        running: dict[int, str] = {}
        ordered = sorted(self._names, key=lambda name: sum(self._took[one] for one in self._tests(name)))
        for n, name in enumerate(ordered):
            tests = self._tests(name)
            if not tests:
                self.told[name] = UNTESTED
                continue
            if len(running) >= JOBS:
                self._hear(running)
            running[self._fork(name, tests, first)] = name
            if n % 100 == 0:
                self._keep(self.told)
                self._say(f"{n}: {dict(Counter(self.told.values()))}")
        while running:
            self._hear(running)

    def _tests(self, name: str) -> list[pytest.Item]:
        reached = self._reach.get(mangled_name_from_mutant_name(name), ())
        return sorted(reached, key=lambda one: (self._took[one], one.nodeid))[:MOST_TESTS]

    def _hear(self, running: dict[int, str]) -> None:
        pid, status = os.wait()
        self.told[running.pop(pid)] = ALIVE if status == 0 else NOTICED

    def _fork(self, name: str, tests: Sequence[pytest.Item], first: pytest.Item) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            _bound(10 * sum(self._took[one] for one in tests) + 5)
            set_mutant_under_test(name)
            for item, following in zip(tests, [*tests[1:], first], strict=True):
                if not _passes(item, following):
                    os._exit(1)
            os._exit(0)
        finally:
            os._exit(1)


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    return all(one.passed or one.skipped for one in runtestprotocol(item, log=False, nextitem=following))


def _bound(seconds: float) -> None:
    """Who goes round in a circle is stopped, and so noticed."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    signal.alarm(10 * int(seconds) + 10)


def by_file(told: Mapping[str, str]) -> dict[str, Told]:
    """What became of each change, by source file."""
    return {path: {name: told[name] for name in names if name in told} for path, names in sorted(changes().items())}


def score(told: Mapping[str, str]) -> float:
    """Of those that were tried, how many were noticed."""
    return sum(one == NOTICED for one in told.values()) / len(told) if told else 1.0


def report(found: Mapping[str, Told]) -> str:
    """The page that tells it."""
    whole = {name: one for told in found.values() for name, one in told.items()}
    return "\n".join([
        "# Rules broken on purpose", "",
        "Every rule is changed in each way that [mutmut](https://mutmut.readthedocs.io) knows, one at a time: a comparison",
        "turned round, a number off by one, a condition negated, an argument left out. A change that no test notices is a rule",
        "that nothing holds. `make mutation` does it, and writes this page. Sentences for people are left as they are, and so",
        "are constants of modules and properties, which mutmut does not touch.", "",
        f"**{score(whole):.1%}** of {len(whole)} changes are noticed.", "",
        "| rules | changes | noticed | not noticed | no test | score |", "|---|---|---|---|---|---|",
        *(_row(path, told) for path, told in found.items() if told), "",
        "## Not noticed", "", *_left(found), "",
    ])  # fmt: skip


def _row(path: str, told: Told) -> str:
    counted = Counter(told.values())
    numbers = [len(told), *(counted[one] for one in (NOTICED, ALIVE, UNTESTED)), f"{score(told):.1%}"]
    return f"| `{path}` | " + " | ".join(map(str, numbers)) + " |"


def _left(found: Mapping[str, Told]) -> Iterator[str]:
    """By function, the numbers of those changes; ``mutmut show`` tells what they are."""
    for path, told in found.items():
        left: dict[str, list[str]] = defaultdict(list)
        for name, one in told.items():
            if one != NOTICED:
                function, _, number = name.rpartition("__mutmut_")
                left[function.rpartition(".")[2]].append(number)
        if left:
            each = "; ".join(f"`{function.removeprefix('x_')}` {', '.join(n)}" for function, n in left.items())
            yield f"- `{path}`: {each}"


if __name__ == "__main__":
    sys.exit(main())
