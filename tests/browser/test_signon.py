"""People sign in to the console at a real OpenID provider of somebody else's making, in a real browser."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import migrating
from app.demo.service import seed
from app.kernel.database import engine_for
from app.main import house_for
from app.settings import load

from .conftest import ROOT, answer, free_port

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("issuer.mjs")
PROVIDER = {"dependencies": {"oidc-provider": "9.13.3"}, "private": True, "type": "module"}
NO_NODE = "this test runs an OpenID provider that needs Node.js: `apt-get install nodejs npm`"
SECRET = "not a secret of anybody's & long enough"
IMAGES = os.environ.get("COE_TEST_IMAGES")


@pytest.fixture(scope="session")
def folder():
    """Where the provider is installed, once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(NO_NODE)
    made = ROOT / ".tools" / "oidc-provider"
    made.mkdir(parents=True, exist_ok=True)
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, stamp = json.dumps(PROVIDER), made / "installed"
        if not stamp.exists() or stamp.read_text() != wanted:
            (made / "package.json").write_text(wanted)
            done = subprocess.run(
                [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=made, capture_output=True, text=True,
                timeout=300, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                pytest.skip(f"oidc-provider could not be installed: {done.stderr.strip().splitlines()[-1:]}")
            stamp.write_text(wanted)
    shutil.copy(SCRIPT, made)
    return made


@contextmanager
def provider(folder, port, redirect):
    command = ["node", SCRIPT.name, str(port), redirect, SECRET]
    with (folder / "log").open("w") as log, subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:  # fmt: skip
        try:
            said = process.stdout.readline()
            assert said == "ready\n", f"{said}{(folder / 'log').read_text()}"
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


@contextmanager
def serving(folder, port, told):
    """`coe serve` with the people of the demo, and these settings."""
    settings = load(_env_file=None, database_url=f"sqlite:///{folder / 'coe.db'}")
    migrating.migrate(settings)
    engine = engine_for(settings.database_url)
    seed(house_for(engine), lambda *_: None)
    engine.dispose()
    others = {name: value for name, value in os.environ.items() if not name.startswith("COE_")}
    url = f"http://127.0.0.1:{port}"
    environment = {
        **others, "PYTHONPATH": str(ROOT), "COE_DATABASE_URL": settings.database_url, "COE_PUBLIC_URL": url, **told
    }  # fmt: skip
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    with (folder / "log").open("w") as log, subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=log
    ) as process:  # fmt: skip
        try:
            answer(url, process)
            yield url
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def coe(folder, tmp_path_factory):
    """The demo, whose people sign in at the provider: another site than ours, as a browser sees it."""
    ours, theirs = free_port(), free_port()
    with provider(folder, theirs, f"http://127.0.0.1:{ours}/console/login/back") as issuer:
        told = {
            "COE_ISSUER": issuer, "COE_JWKS_URL": f"{issuer}/jwks", "COE_AUTHORIZE_URL": f"{issuer}/auth",
            "COE_TOKEN_URL": f"{issuer}/token", "COE_CLIENT_ID": "coe-console", "COE_CLIENT_SECRET": SECRET,
        }  # fmt: skip
        with serving(tmp_path_factory.mktemp("signon"), ours, told) as url:
            yield url


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 860})
    yield context.new_page()
    context.close()


def sign_in(page, who):
    """At the provider: its page, then what it asks to agree to."""
    page.get_by_role("link", name="Sign in there").click()
    page.locator("input[name=login]").fill(who)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_the_liaison_signs_in_at_the_company_and_comes_back_to_the_page_that_was_asked_for(coe, page):
    page.goto(f"{coe}/console/accounts?state=active")
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in to the console"
    if IMAGES:
        page.screenshot(path=f"{IMAGES}/console-elsewhere.png")
    sign_in(page, "liaison")
    page.get_by_role("heading", level=1, name="Inventory").wait_for()
    assert page.url == f"{coe}/console/accounts?state=active"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("status").wait_for()
    page.goto(f"{coe}/console")
    assert page.get_by_role("link", name="Sign in there").is_visible()


def test_who_is_nobody_here_is_told_so(coe, page):
    page.goto(f"{coe}/console")
    sign_in(page, "nobody")
    assert "does not work here" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("link", name="Sign in there").is_visible()
