"""Files that lines are only ever added to: what is to be known still when the database is lost, or was played back."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path


def add(file: Path, lines: Iterable[str]) -> None:
    """Add lines, so that they survive a power loss; several processes may do so at once. Raises ``OSError``.

    What a full disk or a power loss cut off before stays a line by itself, and spoils none that is added behind it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        begun = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = ("\n" * begun + "".join(f"{line}\n" for line in lines)).encode()
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
