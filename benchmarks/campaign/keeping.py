"""What a campaign leaves in its folder, and reading it again: it can be judged once more, by whoever doubts it."""

import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

from . import history
from .evidence import Evidence, Usage
from .nemesis import Done
from .receivers import Heard, Receiver

_HISTORY, _ROWS, _REST = "history.jsonl", "rows.json", "evidence.json"
_TIMES = ("began", "quiet", "healed", "pressure")


def write(folder: Path, told: Evidence) -> None:
    """Keep all but the history, which is there already."""
    (folder / _ROWS).write_text(json.dumps(told.rows, default=str), encoding="utf-8")
    rest = {name: getattr(told, name) for name in _TIMES} | {
        "faults": [asdict(one) for one in told.faults],
        "markers": told.markers,
        "before": asdict(told.before),
        "after": asdict(told.after),
        "receivers": [
            {"name": one.name, "first": one.first, "heard": [asdict(each) for each in one.heard]}
            for one in told.receivers
        ],
    }
    (folder / _REST).write_text(json.dumps(rest), encoding="utf-8")


def read(folder: Path) -> Evidence:
    """The evidence of a campaign that was kept."""
    rest = json.loads((folder / _REST).read_text(encoding="utf-8"))
    told = Evidence(
        history.fold(history.read(folder / _HISTORY)),
        [Done(**one) for one in rest["faults"]],
        json.loads((folder / _ROWS).read_text(encoding="utf-8")),
        {kind: Counter(found) for kind, found in rest["markers"].items()},
        before=Usage(**rest["before"]),
        after=Usage(**rest["after"]),
        receivers=[
            Receiver(one["name"], first=one["first"], heard=[Heard(**each) for each in one["heard"]])
            for one in rest["receivers"]
        ],
    )
    return replace(told, **{name: rest[name] for name in _TIMES})
