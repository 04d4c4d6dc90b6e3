"""The page for operators of gateways is executed as written: the demo, the tool that asks, and nginx in front of another."""

import re
import shutil
import sys

from scripts.docs import DOCS
from tests.deploy.conftest import EXAMPLES, free_ports, needed
from tests.pasting import blocks, differences, paste

PAGE = (DOCS / "gateway.md").read_text()
PORTS = ("8000", "8080", "9000")


def moved(text, ports):
    """The same on other ports."""
    for said, port in zip(PORTS, ports, strict=True):
        text = re.sub(rf"\b{said}\b", str(port), text)
    return text


def test_what_the_page_says_is_what_happens(folder):
    needed("nginx", "curl", "openssl")
    ports = free_ports(3)
    shutil.copytree(EXAMPLES, folder / "deploy" / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    conf = folder / "deploy" / "examples" / "nginx" / "nginx.conf"
    conf.write_text(moved(conf.read_text(), ports))
    told = blocks(PAGE)
    assert len(told) == 7
    wrong = differences(told, paste([moved(block, ports) for block, _ in told], folder))
    assert not wrong, wrong
