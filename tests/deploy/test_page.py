"""The page for operators of gateways is executed as written: the demo, the tool that asks, and nginx in front of another."""

import os
import re
import shutil
import signal
import subprocess
import sys

from scripts.docs import DOCS
from tests.deploy.conftest import EXAMPLES, ROOT, free_ports, needed

PAGE = (DOCS / "gateway.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
PORTS = ("8000", "8080", "9000")
END = "- - - end of block - - -"


def moved(text, ports):
    """The same on other ports."""
    for said, port in zip(PORTS, ports, strict=True):
        text = re.sub(rf"\b{said}\b", str(port), text)
    return text


def printed(blocks, folder):
    """What each block printed, pasted one after the other into one shell."""
    script = "".join(f"{block}printf '%s\\n' '{END}'\n" for block in blocks)
    process = subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}, text=True,
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=240)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return said.split(f"{END}\n")[:-1]


def test_what_the_page_says_is_what_happens(folder):
    needed("nginx", "curl", "openssl")
    ports = free_ports(3)
    shutil.copytree(EXAMPLES, folder / "deploy" / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    conf = folder / "deploy" / "examples" / "nginx" / "nginx.conf"
    conf.write_text(moved(conf.read_text(), ports))
    blocks = BLOCK.findall(PAGE)
    assert len(blocks) == 7
    said = printed([moved(block, ports) for block, _ in blocks], folder)
    assert len(said) == len(blocks), said
    for (block, expected), one in zip(blocks, said, strict=True):
        pattern = ".*?".join(re.escape(part) for part in expected.strip().split("..."))
        assert re.fullmatch(pattern, one.strip(), re.DOTALL), f"{block}\nprinted\n{one}"
