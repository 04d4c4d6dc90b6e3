"""Who was erased is kept in a file besides the database, so that a backup from before is purged of them again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from app.directory.erasures import store as erased
from app.kernel.access import House, operator_work

from . import service


def keep(file: Path, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Add to the file whoever was erased and is not in it; answers how many that were. It holds ids, and no names."""
    with operator_work(parts, write=False) as work:
        there = erased.everyone(work.session)
    known = set(kept(file)) if there else set()
    missing = [id_ for id_ in there if id_ not in known]
    if missing and not stopping():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, "".join(json.dumps({"employee_id": str(id_)}) + "\n" for id_ in missing).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return len(missing)


def kept(file: Path) -> list[UUID]:
    """Who was erased, as the file has it; a line that was cut off by a power loss is passed over."""
    if not file.exists():
        return []
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return [UUID(json.loads(line)["employee_id"]) for line in lines]


def again(file: Path, parts: House) -> int:
    """Erase anew whom an older copy of the database brought back; answers how many there were."""
    ids = kept(file)
    with operator_work(parts) as work:
        return service.again(work, ids)
