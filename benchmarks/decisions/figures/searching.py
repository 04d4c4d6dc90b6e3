"""Searches beside single evaluations."""

import json
from typing import Any

from benchmarks.decisions.lab import Lab
from benchmarks.decisions.load import Target, in_turns, scripted
from benchmarks.decisions.serving import SERVER_CORE, served
from benchmarks.decisions.table import at_least
from benchmarks.decisions.world import CROWD, DISTINCT, HOT, SMALL, account, body, person
from benchmarks.processes import Caller, Failed

from .http import PATH, told

_PAGE = 200


def search(lab: Lab) -> None:
    """Who may publish on an account of many; where may somebody publish who holds many rights."""
    seeded = lab.seeded(SMALL)
    world, token = seeded.world, lab.bearer(seeded)
    publish = {"name": "publish"}
    everywhere = sum(right == "publish" for _, right in world.collected)
    asked: dict[str, tuple[dict[str, Any], int]] = {
        "subject": ({"subject": {"type": "employee"}, "action": publish,
                     "resource": {"type": "account", "id": account(world.crowded)}}, CROWD),
        "resource": ({"subject": {"type": "employee", "id": person(world.collector)}, "action": publish,
                      "resource": {"type": "account"}}, everywhere),
    }  # fmt: skip
    lab.table.heading("searches beside single evaluations, 32 connections")
    script = scripted(lab.folder, "single", map(body, world.questions(DISTINCT)[:HOT]), token)
    with served(seeded.at, "decisions", core=SERVER_CORE) as ours:
        targets = [Target("single", ours.port, ours.pid, PATH, script)]
        for kind, (sent, wanted) in asked.items():
            sent |= {"page": {"limit": _PAGE}}
            status, answer = Caller(ours.port).call("POST", f"/access/v1/search/{kind}", token, sent)
            if status != 200:
                lab.table.skipped(f"{kind} search", f"POST /access/v1/search/{kind} answers {status}")
                continue
            if len(answer["results"]) != wanted:
                raise Failed(f"{kind} search found {len(answer['results'])}, wanted {wanted}")
            script = scripted(lab.folder, f"search-{kind}", [json.dumps(sent)], token)
            targets.append(Target(kind, ours.port, ours.pid, f"/access/v1/search/{kind}", script))
        found = in_turns(targets, lab.told.rounds, lab.told.seconds)
    for kind, (_, wanted) in asked.items():
        if kind in found:
            ratio = found[kind].median("rate") / found["single"].median("rate")
            lab.table.row(
                f"{kind} search, {wanted} found", told(found[kind]), told(found["single"]), ratio, at_least(0.25)
            )
