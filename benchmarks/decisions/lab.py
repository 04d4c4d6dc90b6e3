"""What all figures share: the options, the table, one PostgreSQL, and the enterprises in it, each seeded once a run."""

import argparse
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from benchmarks.databases import fresh
from benchmarks.processes import Caller, Failed

from .seeding import Seeded, bearer, seed
from .serving import served
from .table import Table
from .world import Size, World, question

_KEPT_FOR = 1_800
"""Seconds that a bearer is used again: half of its life."""


@dataclass(slots=True)
class Lab:
    """``folder``: for what is written on the way; ``large``: as large as asked for."""

    told: argparse.Namespace
    server: sa.URL
    folder: Path
    large: Size
    table: Table = field(default_factory=Table)
    _stack: ExitStack = field(default_factory=ExitStack)
    _seeded: dict[str, Seeded] = field(default_factory=dict)
    _bearers: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def seeded(self, size: Size) -> Seeded:
        """The enterprise of this size; made when it is asked for first."""
        if size.name not in self._seeded:
            tell(f"seeding {size.told()}")
            at = self._stack.enter_context(fresh("postgresql", self.server))
            self._seeded[size.name] = seed(at, World(size))
            tell(f"seeded in {self._seeded[size.name].seconds:.0f} s")
        return self._seeded[size.name]

    def bearer(self, seeded: Seeded) -> str:
        """A token of the client that asks, with enough of its hour left for one figure."""
        name = seeded.world.size.name
        since, token = self._bearers.get(name, (0.0, ""))
        if not token or time.monotonic() - since > _KEPT_FOR:
            with served(seeded.at, "api") as server:
                token = bearer(seeded, server.port)
            self._bearers[name] = time.monotonic(), token
        return token


def checked(port: int, token: str | None, world: World, pairs: list[tuple[int, int]]) -> None:
    """Ask each question once, and raise ``Failed`` unless exactly the grants in force are permitted."""
    caller = Caller(port)
    for pair in pairs:
        answer = caller.want(200, "POST", "/access/v1/evaluation", token, question(pair))
        if answer["decision"] is not (pair in world.in_force):
            raise Failed(f"{question(pair)} was answered {answer}")


def tell(what: str) -> None:
    """Say on standard error what is done now."""
    sys.stderr.write(f"  {what}\n")
    sys.stderr.flush()
