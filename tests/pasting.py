"""Pages executed as written: the `sh` blocks of a page in one shell, as if pasted, and what each should print."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

from scripts.docs import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
"""A block to paste, and behind it what it prints, if the page says so."""
END = "- - - end of block - - -"


def blocks(text):
    """The blocks of a page, in order: what to paste, and what it prints."""
    return BLOCK.findall(text)


def clone(folder):
    """What of a set-up clone pages use, in a folder of its own: whatever they write is not in ours."""
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("app", "docs", "migrations"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def paste(commands, folder, seconds=300, **environment):
    """Run the blocks in one shell, as if pasted one by one; answers what each printed. Nothing started there stays."""
    script = "".join(f"{one}printf '%s\\n' '{END}'\n" for one in commands)
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **environment}
    process = subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env=told, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return said.split(f"{END}\n")[:-1]


def as_pattern(expected):
    """Three dots stand for anything."""
    return ".*?".join(re.escape(part) for part in expected.strip().split("..."))


def differences(told, said):
    """Where what was printed is not what the page says."""
    return "\n".join(
        f"{block}\nprinted\n{one}"
        for (block, expected), one in zip(told, said, strict=True)
        if not re.fullmatch(as_pattern(expected), one.strip(), re.DOTALL)
    )


def lacking(*programs):
    """Which of the programs that a page uses are not there."""
    return [one for one in programs if shutil.which(one) is None]
