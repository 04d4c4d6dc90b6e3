"""Who was erased is kept in a file besides the database, so that a backup from before is purged of them again."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from app.directory.erasures import store as erased
from app.kernel import kept as files
from app.kernel.access import House, operator_work

from . import service


def keep(file: Path, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Add to the file whoever was erased and is not in it, and erase who is in it and was brought back; answers how many
    those were. It holds ids, and no names.
    """
    with operator_work(parts, write=False) as work:
        there = erased.everyone(work.session)
    known = set(kept(file))
    missing = [id_ for id_ in there if id_ not in known]
    if missing and not stopping():
        files.add(file, [json.dumps({"employee_id": str(id_)}) for id_ in missing])
    return len(missing) + again(file, parts, stopping)


def kept(file: Path) -> list[UUID]:
    """Who was erased, as the file has it; a line that was cut off by a power loss is passed over."""
    if not file.exists():
        return []
    lines = [line for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if line.endswith("}")]
    return [UUID(json.loads(line)["employee_id"]) for line in lines]


def again(file: Path, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Erase anew whom an older copy of the database brought back; answers how many that were.

    Who works here in that copy, or is held in it, is erased by a later sweep, once that is over.
    """
    ids = kept(file)
    with operator_work(parts, write=False) as work:
        found = service.brought_back(work, ids) if ids else []
    done = 0
    for id_ in found:
        if stopping():
            break
        with operator_work(parts) as work:
            service.again(work, id_)
        done += 1
    return done
