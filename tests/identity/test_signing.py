"""The keys on disk: made once, shared by replicas, refused when others could read them."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from app.identity.signing import Issuer, UnsafeKeys, cursor_key, derived_key, held, key_ring, notary
from app.kernel import tokens

from .conftest import START


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_a_key_that_is_kept_and_private(key_dir: Path) -> None:
    first, again = key_ring(key_dir), key_ring(key_dir)
    assert first == again
    assert [path.name for path in key_dir.iterdir()] == ["signing-0001.pem"]
    assert mode(key_dir) == 0o700
    assert mode(key_dir / "signing-0001.pem") == 0o600


def test_whether_there_are_keys_is_told_without_making_one(key_dir: Path, tmp_path: Path) -> None:
    assert not held(tmp_path / "nowhere") and not (tmp_path / "nowhere").exists()
    key_ring(key_dir)
    assert not held(key_dir)  # for tokens, but none for checkpoints
    notary(key_dir, "https://coe.example", tmp_path / "checkpoints")
    assert held(key_dir) and len(list(key_dir.iterdir())) == 2


def test_replicas_that_start_at_once_agree(key_dir: Path) -> None:
    # The directory is there already, so that all of them get as far as making a key.
    key_dir.mkdir(mode=0o700)
    together = threading.Barrier(6)

    def start(_: int) -> tuple[str, bytes]:
        together.wait()
        return key_ring(key_dir).newest.kid, cursor_key(key_dir)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1
    assert sorted(path.name for path in key_dir.iterdir()) == ["secret", "signing-0001.pem"]


def test_a_key_made_by_another_replica_meanwhile_counts(key_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = tokens.generate_key(), tokens.generate_key()

    def slow() -> tokens.SigningKey:
        (key_dir / "signing-0001.pem").write_text(theirs.private_pem)
        (key_dir / "signing-0001.pem").chmod(0o600)
        return ours

    monkeypatch.setattr("app.identity.signing.tokens.generate_key", slow)
    assert key_ring(key_dir).newest.kid == theirs.kid


def test_the_newest_key_signs_and_older_ones_still_verify(key_dir: Path) -> None:
    old = key_ring(key_dir)
    token = Issuer("https://coe", "coe", old).mint("someone", START, timedelta(hours=1), {"client_id": "x"})
    (key_dir / "signing-0002.pem").write_text(tokens.generate_key().private_pem)
    (key_dir / "signing-0002.pem").chmod(0o600)
    ring = key_ring(key_dir)
    assert ring.newest.kid != old.newest.kid
    assert list(ring.public()) == [ring.newest.kid, old.newest.kid]
    issuer = Issuer("https://coe", "coe", ring)
    assert tokens.verify(token, issuer.trust, START).subject == "someone"
    assert tokens.peek_kid(issuer.mint("x", START, timedelta(1), {})) == ring.newest.kid


def test_only_public_numbers_are_shown(key_dir: Path) -> None:
    for shown in key_ring(key_dir).public().values():
        assert set(shown) == {"kid", "kty", "use", "alg", "n", "e"}


@pytest.mark.parametrize("bits", [0o604, 0o640, 0o620, 0o644])
@pytest.mark.parametrize("name", ["signing-0001.pem", "secret"])
def test_files_that_others_may_touch_are_refused(key_dir: Path, name: str, bits: int) -> None:
    key_ring(key_dir), cursor_key(key_dir)
    (key_dir / name).chmod(bits)
    with pytest.raises(UnsafeKeys, match=name):
        _ = key_ring(key_dir), cursor_key(key_dir)


def test_a_directory_that_others_may_enter_is_refused(key_dir: Path) -> None:
    key_ring(key_dir)
    key_dir.chmod(0o755)
    with pytest.raises(UnsafeKeys, match="keys"):
        key_ring(key_dir)


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_named(key_dir: Path, content: str) -> None:
    key_ring(key_dir)
    (key_dir / "signing-0001.pem").write_text(content)
    with pytest.raises(UnsafeKeys, match=r"signing-0001\.pem"):
        key_ring(key_dir)


def test_the_cursor_key_is_kept_and_differs_by_purpose_and_installation(key_dir: Path, tmp_path: Path) -> None:
    assert cursor_key(key_dir) == cursor_key(key_dir)
    assert len({cursor_key(key_dir), derived_key(key_dir, "login-form"), cursor_key(tmp_path / "other")}) == 3
    assert len(cursor_key(key_dir)) == 32


def test_a_secret_cut_short_is_refused(key_dir: Path) -> None:
    cursor_key(key_dir)
    os.truncate(key_dir / "secret", 8)
    with pytest.raises(UnsafeKeys, match="secret"):
        cursor_key(key_dir)
