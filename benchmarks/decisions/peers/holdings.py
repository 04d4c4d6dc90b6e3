"""The grants in force as a peer holds them: (employee id, ``network:handle``) -> until, in seconds since 1970."""

import json
import os
from functools import cache

from benchmarks.decisions.world import Size, World, account, person

SIZE = "COE_PEER_SIZE"
UNTIL = 4_102_444_800  # the year 2100


@cache
def the_world() -> World:
    """The world of the size that the environment names, as JSON: name, people, accounts, grants."""
    return World(Size(*json.loads(os.environ[SIZE])))


def held() -> dict[tuple[str, str], int]:
    """Who may publish where, and until when."""
    return {(person(who), account(where)): UNTIL for who, where in the_world().in_force}
