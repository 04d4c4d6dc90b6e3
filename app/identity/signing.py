"""The secrets of one installation, as files that all replicas share; never in the database.

Two replicas that start at once on an empty directory must end with the same files: each writes a draft of its own and
links it to the fixed name, which only the first can do; then both read what stands under that name.
"""

import hmac
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from app.audit.checkpoints.rules import Notary
from app.kernel import tokens
from app.kernel.ids import new_id
from app.kernel.tokens import SigningKey, Trust

_TOKENS, _CHECKPOINTS = "signing", "checkpoint"
"""What a key signs; its file is named after that, and its number."""
_SECRET_FILE: Final = "secret"  # noqa: S105 - a name, not the thing
_SECRET_BYTES: Final = 32
_NOT_OURS_ALONE: Final = stat.S_IRWXG | stat.S_IRWXO


class UnsafeKeys(ValueError):
    """The key directory or a file in it cannot be trusted or used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Every signing key of the installation: the newest signs, all verify, so that a key can be replaced in peace."""

    newest: SigningKey
    older: tuple[SigningKey, ...] = ()

    def public(self) -> dict[str, dict[str, str]]:
        """``kid`` to public JWK (RFC 7517), the newest first."""
        return {key.kid: key.public_jwk() for key in (self.newest, *self.older)}


@dataclass(frozen=True, slots=True)
class Issuer:
    """We as an issuer of access tokens (RFC 9068): under which name, for whom, with which keys."""

    name: str
    audience: str
    ring: KeyRing
    trust: Trust = field(init=False)

    def __post_init__(self) -> None:
        """Make ready what verifying needs."""
        object.__setattr__(self, "trust", Trust(self.name, self.audience, ("RS256",), self.ring.public()))

    def mint(self, subject: str, now: datetime, lifetime: timedelta, claims: Mapping[str, Any]) -> str:
        """A signed access token (RFC 9068 2.2); ``claims`` must name ``client_id`` and may name ``jti``."""
        issued = int(now.timestamp())
        members = {
            "iss": self.name, "aud": self.audience, "sub": subject, "iat": issued,
            "exp": issued + int(lifetime.total_seconds()), "jti": str(new_id()), **claims,
        }  # fmt: skip
        return tokens.sign(members, self.ring.newest)


def key_ring(directory: Path, purpose: str = _TOKENS) -> KeyRing:
    """The keys ``signing-NNNN.pem`` in the directory; the first is made where there is none. Raises ``UnsafeKeys``.

    To replace the key, put another beside it under the next number and restart; take the old file away once the last
    token it signed has expired.
    """
    _prepare(directory)
    if not _key_files(directory, purpose):
        _create_once(directory / f"{purpose}-0001.pem", _new_key)
    newest, *older = (_load(path) for path in reversed(_key_files(directory, purpose)))
    return KeyRing(newest, tuple(older))


def held(directory: Path) -> bool:
    """Are there keys in the directory, for tokens and for checkpoints? This makes none."""
    return directory.is_dir() and all(_key_files(directory, purpose) for purpose in (_TOKENS, _CHECKPOINTS))


def notary(directory: Path, issuer: str, file: Path) -> Notary:
    """Who signs the audit log's checkpoints, by keys ``checkpoint-NNNN.pem`` of its own. Raises ``UnsafeKeys``.

    Such a key is replaced as the others are, but a former one stays: as long as the log there are checkpoints by it.
    """
    ring = key_ring(directory, _CHECKPOINTS)
    return Notary(issuer, ring.newest, ring.public(), file)


def cursor_key(directory: Path) -> bytes:
    """The key that signs page cursors, the same in every replica and after every restart. Raises ``UnsafeKeys``."""
    return derived_key(directory, "cursor")


def derived_key(directory: Path, purpose: str) -> bytes:
    """A key for one purpose, made from the installation's one random secret; purposes cannot be mixed up."""
    _prepare(directory)
    _create_once(directory / _SECRET_FILE, lambda: secrets.token_bytes(_SECRET_BYTES))
    secret = _read(directory / _SECRET_FILE)
    if len(secret) < _SECRET_BYTES:
        raise UnsafeKeys(f"{directory / _SECRET_FILE} is shorter than {_SECRET_BYTES} bytes.")
    return hmac.digest(secret, purpose.encode(), sha256)


def _prepare(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_private(directory)


def _check_private(path: Path) -> None:
    if path.stat().st_mode & _NOT_OURS_ALONE:
        raise UnsafeKeys(f"{path} is open to other users of this machine; take their permissions away (chmod go=).")


def _key_files(directory: Path, purpose: str) -> list[Path]:
    named = re.compile(rf"{purpose}-\d{{4}}\.pem")
    return sorted(path for path in directory.iterdir() if named.fullmatch(path.name))


def _new_key() -> bytes:
    return tokens.generate_key().private_pem.encode()


def _load(path: Path) -> SigningKey:
    try:
        return tokens.load_key(_read(path).decode())
    except ValueError as error:
        raise UnsafeKeys(f"{path} is no RSA key that can be used: {error}") from error


def _read(path: Path) -> bytes:
    _check_private(path)
    return path.read_bytes()


def _create_once(path: Path, make: Callable[[], bytes]) -> None:
    """Give the path its first and only content, whole or not at all, whoever else is trying."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, make())
        with suppress(FileExistsError):  # another replica was first: its file counts
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    # The name must survive a power loss as well as the content: tokens signed with a lost key would all be refused.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
