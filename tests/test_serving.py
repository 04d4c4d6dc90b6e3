"""Starting the service: roles, settings that must not be, and what a stranger reads when it will not start."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import BadSettings, Settings, load

COE = [sys.executable, "-m", "app"]


def run(tmp_path, *args, **env):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    root = str(Path(__file__).resolve().parent.parent)
    return subprocess.run(
        [*COE, *args], cwd=tmp_path, env={**kept, "PYTHONPATH": root, **env}, capture_output=True, text=True, timeout=60
    )


def paths(app):
    return set(app.openapi()["paths"])


def test_a_process_answers_what_its_role_says(sqlite_url, tmp_path):
    served = {
        role: paths(create_app(Settings(_env_file=None, database_url=sqlite_url, key_dir=tmp_path / "keys", role=role)))
        for role in ("all", "api", "decisions")
    }
    assert "/access/v1/evaluation" in served["decisions"] and "/v1/me" not in served["decisions"]
    assert "/access/v1/evaluation" not in served["api"] and "/v1/me" in served["api"]
    assert served["all"] == served["api"] | served["decisions"]


ELSEWHERE = {
    "COE_ISSUER": "https://idp.example.com", "COE_JWKS_URL": "https://idp.example.com/keys", "COE_CLIENT_ID": "coe-console",
    "COE_AUTHORIZE_URL": "https://idp.example.com/authorize", "COE_TOKEN_URL": "https://idp.example.com/token",
}  # fmt: skip


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"COE_PUBLIC_URL": "http://coe.example.com"}, "COE_PUBLIC_URL must be https"),
        ({"COE_ISSUER": "https://idp.example.com"}, "COE_ISSUER and COE_JWKS_URL belong together"),
        ({"COE_CLIENT_ID": "coe-console"}, "COE_AUTHORIZE_URL, COE_TOKEN_URL and COE_CLIENT_ID belong together"),
        ({name: ELSEWHERE[name] for name in list(ELSEWHERE)[2:]}, "and to COE_ISSUER: set all, or none"),
        ({**ELSEWHERE, "COE_TOKEN_URL": "http://idp.example.com/token"}, "COE_TOKEN_URL must be https"),
        ({"COE_DATABASE_URL": "mysql://x"}, "COE_DATABASE_URL must begin with"),
        ({"COE_DATABASE_URL": "postgresql+psycopg://x@127.0.0.1:abc/y"}, "COE_DATABASE_URL is not an address"),
        ({"COE_LOG_LEVEL": "LOUD"}, "COE_LOG_LEVEL"),
        ({"COE_ROLE": "king"}, "COE_ROLE"),
    ],
)
def test_a_bad_setting_is_named(monkeypatch, env, says):
    for name in [name for name in os.environ if name.startswith("COE_")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=says):
        load(_env_file=None)


def test_serve_refuses_a_public_address_without_https(tmp_path):
    ended = run(tmp_path, "serve", "--host", "0.0.0.0")
    assert ended.returncode == 2 and "COE_PUBLIC_URL" in ended.stderr and "Traceback" not in ended.stderr


def test_serve_refuses_an_old_schema(tmp_path):
    """Attack K12."""
    ended = run(tmp_path, "serve", "--no-migrate")
    assert ended.returncode == 2 and "coe migrate" in ended.stderr and "Traceback" not in ended.stderr


def test_an_unreachable_database_is_said_in_words(tmp_path):
    ended = run(tmp_path, "serve", COE_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert ended.returncode == 2 and "COE_DATABASE_URL" in ended.stderr and "Traceback" not in ended.stderr


def test_a_command_before_migrating_says_so(tmp_path):
    ended = run(tmp_path, "appoint", "nobody", "strategist")
    assert ended.returncode == 2 and "coe migrate" in ended.stderr and "Traceback" not in ended.stderr


def test_appoint_says_what_is_wrong(tmp_path):
    assert run(tmp_path, "migrate").returncode == 0
    for args, says in [
        (("nobody", "strategist"), "names no employee"),
        (("nobody", "king"), "is not a role"),
        (("nobody", "bu_liaison", "--scope", "sales"), "--scope is bu:KEY or network:KEY"),
        (("nobody", "bu_liaison", "--scope", "bu:sales"), "no business unit sales"),
    ]:
        ended = run(tmp_path, "appoint", *args)
        assert ended.returncode == 2 and says in ended.stderr, ended.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["migrate", "nosuch"], "nosuch"),
        (["serve", "--port", "99999"], "--port"),
        (["token", "nobody"], "coe migrate"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(tmp_path, args, says):
    ended = run(tmp_path, *args)
    assert ended.returncode == 2 and says in ended.stderr and "Traceback" not in ended.stderr


def test_a_demo_that_is_stopped_leaves_nothing_behind(tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    root = str(Path(__file__).resolve().parent.parent)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    demo = subprocess.Popen(
        [*COE, "demo", "--port", str(port)],
        cwd=tmp_path, env={**kept, "PYTHONPATH": root, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with demo.stdout as said:
        assert any(f"127.0.0.1:{port}" in line for line in said)
        assert list(tmp_path.glob("coe-demo-*"))
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(timeout=30) == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
