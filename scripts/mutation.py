"""Break the rules in every way that mutmut knows, one at a time, and see whether a test notices.

    python scripts/mutation.py                          all of what [tool.mutmut] in pyproject.toml names
    python scripts/mutation.py "app.governance.steps*"   only these, again
    python scripts/mutation.py "app.roles*" tests/roles  only these, by these tests alone
    python scripts/mutation.py --report                  the last results, as they stand in benchmarks/RESULTS-MUTATION.md
    python scripts/mutation.py --alive "app.roles*"      what the changes that nobody noticed are

mutmut makes the changes, and finds out which test comes by which of them. Trying them is done here: mutmut begins a whole
run of pytest for each, and there are thousands. Here pytest collects once, and each change is tried in a fork of it.

What is not broken: sentences for people, since a rule is what it decides and not how that is worded; and what mutmut leaves
alone of itself: constants of modules, properties, type annotations. A change that makes no difference can be noticed by
nobody: scripts/mutation_equivalents.toml lists those, each with its reason, and they do not count. Ends with 1 where fewer
than nine of ten are noticed, and where that list names a change that there is not any more.
"""

from __future__ import annotations

import ast
import difflib
import gc
import json
import os
import platform
import resource
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from importlib.metadata import version
from itertools import accumulate
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
from mutmut.utils.format_utils import mangled_name_from_mutant_name, orig_function_and_class_names_from_key

MUTANTS = Path("mutants")
KEPT = MUTANTS / "results.json"
RESULTS = Path("benchmarks/RESULTS-MUTATION.md")
EQUIVALENTS = Path("scripts/mutation_equivalents.toml")
ENOUGH = 0.9
JOBS = int(os.environ.get("COE_MUTATION_JOBS", "2"))
MOST_SECONDS = float(os.environ.get("COE_MUTATION_SECONDS", "2"))
"""So long the tests that come by a change are tried (of the processor's time): who lives longer counts as alive."""
QUICK = 0.05  # seconds: all tests that are over before are tried before those with many examples
NOTICED, ALIVE, UNTESTED, SAME = "noticed", "not noticed", "no test", "makes no difference"
PARTS = "There was no whole run of these yet: they were tried package by package"
Told = dict[str, str]
Change = tuple[str, str, str]
"""The function, what stood there, what stands there instead."""


def main() -> int:
    """Break, try, report, and say whether that is enough."""
    asked = [one for one in sys.argv[1:] if not one.startswith("--")]
    if "--alive" in sys.argv:
        return _show(asked)
    if "--report" not in sys.argv:
        _break([one for one in asked if "/" not in one], [one for one in asked if "/" in one])
    kept = json.loads(KEPT.read_text())
    reasons = equivalents()
    found, stale = by_file(kept["told"], reasons)
    RESULTS.write_text(report(found, reasons, kept["run"]))
    for path, told in found.items():
        if told:
            print(f"{score(told):7.1%} {path}")
    for one in stale:
        print(f"{EQUIVALENTS} names what is not there: {one}")
    whole = score({name: one for told in found.values() for name, one in told.items()})
    print(f"{whole:7.1%} of all")
    return 0 if whole >= ENOUGH and not stale else 1


def _show(asked: Sequence[str]) -> int:
    """Every change that nobody noticed, as it is told in ``EQUIVALENTS``."""
    found, _ = by_file(json.loads(KEPT.read_text())["told"], equivalents())
    for path, told in found.items():
        texts = texts_of(path)
        for name, one in told.items():
            if one in {ALIVE, UNTESTED} and (not asked or any(fnmatch(name, each) for each in asked)):
                print(f"{name}: {one}\n    was    {texts[name][1]}\n    became {texts[name][2]}")
    return 0


def _break(asked: Sequence[str], tests: Sequence[str]) -> None:
    began = time.monotonic()
    _leave_sentences_alone()
    set_mutant_under_test("none")
    MUTANTS.mkdir(exist_ok=True)
    for path in walk_mutatable_files():
        if not (MUTANTS / f"{path}.meta").exists():  # it was copied unbroken, and would be taken for done
            (MUTANTS / path).unlink(missing_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    create_mutants(JOBS)
    names = [name for told in changes().values() for name in told]
    chosen = [name for name in names if not asked or any(fnmatch(name, one) for one in asked)]
    before: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {"told": {}, "run": ""}
    kept, there = KEPT.absolute(), set(names)

    def keep(told: Told, run: str = before["run"]) -> None:
        now = {name: one for name, one in (before["told"] | told).items() if name in there}
        kept.write_text(json.dumps({"told": now, "run": run}, indent=1))

    trying = Trying(chosen, keep)
    here = Path.cwd()
    os.chdir(MUTANTS)
    told = config()
    code = pytest.main(
        [
            "--rootdir=.",
            "-q",
            "--tb=native",
            *told.pytest_add_cli_args,
            *(tests or told.pytest_add_cli_args_test_selection),
        ],
        [trying],
    )
    os.chdir(here)
    if code not in {0, 5}:
        raise SystemExit(f"the tests do not run on unbroken rules: {code}")
    minutes = (time.monotonic() - began) / 60
    run = f"The last whole run: {len(trying.told)} changes by {trying.count} tests in {minutes:.0f} minutes"
    keep(trying.told, before["run"] if asked or tests else run)


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

    @property
    def count(self) -> int:
        """How many tests there are to notice anything."""
        return len(self._took)

    def pytest_configure(self) -> None:
        """A first counterexample will do, and none is remembered. Not before pytest has hypothesis loaded its own way."""
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile(
            "broken",
            phases=[Phase.explicit, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
            print_blob=False,
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
            _forget()
            state()._stats.clear()  # noqa: SLF001 - where mutmut's own runner reads it
            began = time.process_time()
            good = _passes(item, following)
            if not good:
                self._say(f"left out, it fails as it is: {item.nodeid}")
                continue
            self._took[item] = time.process_time() - began
            for name in state()._stats:  # noqa: SLF001
                self._reach[name].add(item)

    def _try_all(self, first: pytest.Item) -> None:
        gc.collect()
        gc.freeze()  # a fork that does not tidy up what it got copies less of it
        running: dict[int, str] = {}
        for n, name in enumerate(self._names):
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
        cases: Counter[str] = Counter()
        ordered = []
        for one in sorted(reached, key=lambda one: (self._took[one], one.nodeid)):
            function = one.nodeid.partition("[")[0]
            ordered.append((self._took[one] > QUICK, cases[function], one))
            cases[function] += 1  # one case of each test, then a second: they differ most
        found = [one for *_, one in sorted(ordered, key=lambda each: each[:2])]
        until = accumulate(self._took[one] for one in found)
        return [one for n, (one, took) in enumerate(zip(found, until, strict=True)) if n == 0 or took <= MOST_SECONDS]

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
            _forget()
            for item, following in zip(tests, [*tests[1:], first], strict=True):
                if not _passes(item, following):
                    os._exit(1)
            os._exit(0)
        finally:
            os._exit(1)


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    return all(one.passed or one.skipped for one in runtestprotocol(item, log=False, nextitem=following))


def _forget() -> None:
    """What rules keep of earlier calls was worked out by unbroken rules."""
    for one in [one for name, module in sys.modules.items() if "rules" in name for one in vars(module).values()]:
        if hasattr(one, "cache_clear"):
            one.cache_clear()


def _bound(seconds: float) -> None:
    """Who goes round in a circle is stopped, and so noticed."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    signal.alarm(10 * int(seconds) + 10)


def equivalents() -> dict[Change, str]:
    """The changes that make no difference, each with the reason why."""
    listed = tomllib.loads(EQUIVALENTS.read_text())["equivalent"]
    return {(one["function"], one["was"], one["became"]): one["why"] for one in listed}


def texts_of(path: str) -> dict[str, Change]:
    """What each change to a file is, by its name: the lines that go, and those that come."""
    text = (MUTANTS / path).read_text()
    module, lines = path.removesuffix(".py").removesuffix("/__init__").replace("/", "."), text.splitlines()
    bodies: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "__mutmut_" in node.name:
            head = lines[node.lineno - 1].replace(node.name, "")
            bodies[node.name] = [line.strip() for line in (head, *lines[node.lineno : node.end_lineno])]
    told = {}
    for name, body in bodies.items():
        if not name.endswith("__mutmut_orig"):
            function, owner = orig_function_and_class_names_from_key(name)
            known = f"{module}.{owner}.{function}" if owner else f"{module}.{function}"
            was = bodies[f"{mangled_name_from_mutant_name(name)}__mutmut_orig"]
            told[f"{module}.{name}"] = (known, *_difference(was, body))
    return told


def _difference(was: Sequence[str], became: Sequence[str]) -> tuple[str, str]:
    marked = [one for one in difflib.ndiff(was, became) if one[0] in "-+"]
    gone, come = (" ".join(one[2:] for one in marked if one[0] == sign) for sign in "-+")
    return gone, come


def by_file(told: Mapping[str, str], reasons: Mapping[Change, str]) -> tuple[dict[str, Told], list[Change]]:
    """What became of each change, by source file; and what of ``reasons`` is about none of them."""
    found, seen = {}, set()
    for path, names in sorted(changes().items()):
        texts = texts_of(path)
        seen |= {one for one in texts.values() if one in reasons}
        found[path] = {name: SAME if texts[name] in reasons else told[name] for name in names if name in told}
    return found, sorted(set(reasons) - seen)


def score(told: Mapping[str, str]) -> float:
    """Of those that were tried and make a difference, how many were noticed."""
    counted = Counter(told.values())
    tried = len(told) - counted[SAME]
    return counted[NOTICED] / tried if tried else 1.0


def report(found: Mapping[str, Told], reasons: Mapping[Change, str], run: str) -> str:
    """The page that tells it."""
    whole = {name: one for told in found.values() for name, one in told.items()}
    versions = ", ".join(f"{name} {version(name)}" for name in ("mutmut", "pytest", "hypothesis"))
    return "\n".join([
        "# Rules broken on purpose", "",
        "Every rule is changed in each way that [mutmut](https://mutmut.readthedocs.io) knows, one at a time: a comparison",
        "turned round, a number off by one, a condition negated, an argument left out. A change that no test notices is a rule",
        "that nothing holds. `make mutation` does it, and writes this page. Sentences for people are left as they are, and so",
        "are constants of modules and properties, which mutmut does not touch. What makes no difference does not count;",
        "the list of it stands at the end.", "",
        f"**{score(whole):.1%}** of {len(whole) - Counter(whole.values())[SAME]} changes are noticed{_beside(whole)}.", "",
        f"{run or PARTS}; {JOBS} at a time, Python {platform.python_version()}, {versions}.", "",
        "| rules | changes | no difference | noticed | not noticed | no test | score |", "|---|---|---|---|---|---|---|",
        *(_row(path, told) for path, told in found.items() if told), "",
        "## Not noticed", "",
        "By function, the numbers of the changes; `python scripts/mutation.py --alive` says what each is.", "",
        *_left(found), "",
        "## What makes no difference", "", *_same(reasons), "",
    ])  # fmt: skip


def _beside(tried: Mapping[str, str]) -> str:
    untried = sum(map(len, changes().values())) - len(tried)
    return f"; {untried} more have not been tried since they or their tests were written" if untried else ""


def _row(path: str, told: Told) -> str:
    counted = Counter(told.values())
    numbers = [len(told), *(counted[one] for one in (SAME, NOTICED, ALIVE, UNTESTED)), f"{score(told):.1%}"]
    return f"| `{path}` | " + " | ".join(map(str, numbers)) + " |"


def _left(found: Mapping[str, Told]) -> Iterator[str]:
    for path, told in found.items():
        left: dict[str, list[str]] = defaultdict(list)
        for name, one in told.items():
            if one in {ALIVE, UNTESTED}:
                function, _, number = name.rpartition("__mutmut_")
                left[function.rpartition(".")[2]].append(number)
        if left:
            each = "; ".join(f"`{function.removeprefix('x_')}` {', '.join(n)}" for function, n in left.items())
            yield f"- `{path}`: {each}"


def _same(reasons: Mapping[Change, str]) -> Iterator[str]:
    for (function, was, became), why in reasons.items():
        yield f"- `{function}`: `{was}` to `{became}`. {why}"


if __name__ == "__main__":
    sys.exit(main())
