"""Is the audit log what was written, and what was signed? A program of its own, on Python's standard library alone.

It shares no code with the service that writes the log, so that you can read all of it and believe the answer:

    python verifier.py LOG.jsonl --keys JWKS.json --against CHECKPOINTS.jsonl

LOG.jsonl is what `coe audit export` prints: a JSON object a line. CHECKPOINTS.jsonl holds what `coe audit checkpoint` or
`/v1/audit/checkpoints` gave you on earlier days, one JSON object a line; keep such a file where nobody who can write to
the database can reach it. JWKS.json is the key set of `/.well-known/jwks.json` (RFC 7517). It exits with 1, and the first
sequence number that is not as it should be.

The hash of an event is the SHA-256 of the members in ``FIELDS``, each as an 8-byte big-endian length followed by its UTF-8
bytes; of a missing one the length is 2**64-1, and nothing follows. ``prev_hash`` is the hash of the event before; that
chains them. Numbers run from 1 without a gap. A personal value is not in the event: its SHA-256 is (of the salt and of the
JSON text, as above), so that it can be erased, and the event stands.

A checkpoint is a JSON Web Signature (RFC 7515) by RS256 over the number and the hash of the event that was last. A chain
alone cannot tell that its end was cut off, or that all of it was made anew; a checkpoint that was kept elsewhere can.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TextIO

ENCODING = 1
FIELDS = (
    "encoding", "seq", "at", "actor", "on_behalf_of", "action", "subject_kind", "subject_id", "reason", "before", "after",
    "request_id", "prev_hash",
)  # fmt: skip
"""What is hashed, in this order."""
GENESIS = "0" * 64
"""What stands before the first event."""
TYPE = "coe-checkpoint+jwt"
MISSING = b"\xff" * 8
_NOT_AS_WRITTEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of reading something that somebody made up."""
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017 9.2, note 1)."""


class Flaw(NamedTuple):
    """The first thing in the log that is not as it was written."""

    seq: int
    what: str


class Value(NamedTuple):
    """A personal value of an event: where it stood, its salt and its JSON text."""

    field: str
    salt: str
    text: str


class Checkpoint(NamedTuple):
    """What was signed: at this second (UTC) the event of this number was the last, and this was its hash."""

    seq: int
    hash: str
    at: int


class BadCheckpoint(ValueError):
    """It is no checkpoint, or not one that these keys have signed."""


class Altered(ValueError):
    """Two signed checkpoints contradict each other."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"two checkpoints of event {seq} were signed, and they differ")
        self.seq = seq


# The chain


def digest(parts: Iterable[object]) -> str:
    """SHA-256 over length-prefixed parts, in hex."""
    told = []
    for part in parts:
        if part is None:
            told.append(MISSING)
        else:
            data = str(part).encode()
            told += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(told)).hexdigest()


def walk(
    events: Iterable[tuple[Sequence[Any], Iterable[Value]]],
    signed: Mapping[int, Checkpoint],
    seq: int = 0,
    prev: str = GENESIS,
) -> Iterator[int | Flaw]:
    """Look at each event in order; yields its number, or one ``Flaw`` and ends.

    ``events``: the members in ``FIELDS`` and then the hash, with the personal values that still exist. ``signed``: by
    number. ``seq`` and ``prev``: the event behind which it begins.
    """
    sure = seq
    for event, values in events:
        flaw = _flaw(event, values, seq + 1, prev)
        if flaw is None and seq + 1 in signed:
            flaw = _contradiction(signed[seq + 1], event[-1], sure)
            sure = seq + 1
        if flaw is not None:
            yield Flaw(seq + 1, flaw)
            return
        seq, prev = seq + 1, event[-1]
        yield seq
    last = max(signed, default=0)
    if last > seq:
        yield Flaw(seq + 1, f"the log ends with event {seq}, but event {last} was signed at {_time(signed[last].at)}")


def _flaw(event: Sequence[Any], values: Iterable[Value], seq: int, prev: str) -> str | None:
    encoding, number, previous, own = event[0], event[1], event[-2], event[-1]
    if number != seq:
        return f"event {seq} is missing; event {number} stands in its place"
    if encoding != ENCODING:
        return f"event {seq} has the unknown encoding {encoding}"
    if previous != prev:
        return f"event {seq} does not follow the event before it"
    if own != digest(event[:-1]):
        return f"event {seq} was altered"
    for value in values:
        if digest((value.salt, value.text)) != _hidden(event, value.field):
            return f"a personal value of event {seq} ({value.field}) was altered"
    return None


def _hidden(event: Sequence[Any], field: str) -> str | None:
    """The digest that stands in an event where a personal value was: ``reason``, ``before.name`` or ``after.name``."""
    side, _, name = field.partition(".")
    if side not in ("reason", "before", "after"):
        return None
    found = json.loads(event[FIELDS.index(side)] or "null")
    if name:
        found = (found or {}).get(name)
    return found.get("$sha256") if isinstance(found, dict) else None


def _contradiction(one: Checkpoint, found: str, sure: int) -> str | None:
    if one.hash == found:
        return None
    between = f"; what was altered stands behind event {sure}" if sure < one.seq - 1 else ""
    return f"event {one.seq} is not the one that was signed at {_time(one.at)}{between}"


def _time(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


# Signatures


def keys_of(jwks: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The RSA keys of a JWK Set (RFC 7517 5): kid -> modulus and exponent."""
    found = [one for one in jwks["keys"] if one.get("kty") == "RSA"]
    return {one["kid"]: (_number(one["n"]), _number(one["e"])) for one in found}


def read(token: str, keys: Mapping[str, tuple[int, int]]) -> Checkpoint:
    """What a checkpoint says, once its signature fits. Raises ``BadCheckpoint``."""
    try:
        head, said, signature = token.split(".")
        header, claims, mark = json.loads(_bytes(head)), json.loads(_bytes(said)), _bytes(signature)
        kind, kid = (header["alg"], header["typ"]), header["kid"]
        found = Checkpoint(int(claims["seq"]), str(claims["hash"]), int(claims["iat"]))
    except _NOT_AS_WRITTEN as error:
        raise BadCheckpoint("it is not a checkpoint") from error
    if kind != ("RS256", TYPE) or not isinstance(kid, str):
        raise BadCheckpoint("it is not a checkpoint")
    if kid not in keys:
        raise BadCheckpoint(f"the key {kid!r} that signed it is not among those given")
    if not fits(f"{head}.{said}".encode(), mark, *keys[kid]):
        raise BadCheckpoint("its signature does not fit")
    return found


def fits(message: bytes, signature: bytes, modulus: int, exponent: int) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2.2): what was signed is made again, and compared as a whole."""
    size = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= modulus:
        return False
    digest_info = SHA256_PREFIX + hashlib.sha256(message).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest_info) - 3) + b"\x00" + digest_info
    return pow(value, exponent, modulus).to_bytes(size, "big") == expected


def by_number(checkpoints: Iterable[Checkpoint]) -> dict[int, Checkpoint]:
    """Checkpoints by their event. Raises ``Altered`` where two contradict each other."""
    found: dict[int, Checkpoint] = {}
    for one in checkpoints:
        if found.setdefault(one.seq, one).hash != one.hash:
            raise Altered(one.seq)
    return found


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


# Files


def lines_of(file: TextIO) -> Iterator[tuple[list[Any], list[Value]]]:
    """The events of an exported log. Raises ``ValueError``."""
    for number, line in enumerate(file, start=1):
        try:
            event = json.loads(line)
            members = [event.get(name) for name in (*FIELDS, "hash")]
            values = [Value(*one) for one in event.get("personal", ())]
        except _NOT_AS_WRITTEN as error:
            raise ValueError(f"line {number}: it is not an event") from error
        yield members, values


def checkpoints_of(lines: Iterable[str], keys: Mapping[str, tuple[int, int]]) -> Iterator[Checkpoint]:
    """The checkpoints of a kept file. Raises ``BadCheckpoint``."""
    for number, line in enumerate(lines, start=1):
        if not _cut_off(line.strip("\0 \r\n")):
            try:
                yield read(json.loads(line)["signature"], keys)
            except BadCheckpoint as error:
                raise BadCheckpoint(f"line {number}: {error}") from error
            except _NOT_AS_WRITTEN as error:
                raise BadCheckpoint(f"line {number}: it is not a checkpoint") from error


def _cut_off(line: str) -> bool:
    """Did a power loss or a full disk end this line? Whoever could do that on purpose could as well take it away."""
    return not line or (line.startswith("{") and not line.endswith("}"))


def main() -> int:
    """Verify an exported log; answers the exit code."""
    parser = argparse.ArgumentParser(
        description="Verify an exported audit log, and the checkpoints that were kept of it."
    )
    parser.add_argument("log", metavar="LOG", help="what `coe audit export` printed; - is standard input")
    parser.add_argument("--keys", metavar="FILE", help="the key set (JWKS) that signed the checkpoints")
    parser.add_argument("--against", metavar="FILE", action="append", default=[], help="kept checkpoints")
    told = parser.parse_args()
    if told.against and not told.keys:
        parser.error("checkpoints need --keys")
    seen: int | Flaw = 0
    try:
        signed = by_number(_kept(told.against, told.keys))
        with sys.stdin if told.log == "-" else open(told.log, encoding="utf-8") as file:  # noqa: PTH123 - told by hand
            for seen in walk(lines_of(file), signed):  # noqa: B007 - the last is the verdict
                pass
    except Altered as error:
        seen = Flaw(error.seq, str(error))
    except (OSError, ValueError) as error:
        print(f"verifier: {error}", file=sys.stderr)
        return 2
    if isinstance(seen, Flaw):
        print(f"altered at {seen.seq}: {seen.what}")
        return 1
    print(f"verified: {seen} events, {len(signed)} checkpoints")
    return 0


def _kept(files: Iterable[str], keys: str | None) -> Iterator[Checkpoint]:
    known = keys_of(_json(keys)) if keys else {}
    for name in files:
        with open(name, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - told by hand
            yield from checkpoints_of(file, known)


def _json(name: str) -> Any:
    with open(name, encoding="utf-8") as file:  # noqa: PTH123 - told by hand
        return json.load(file)


if __name__ == "__main__":
    sys.exit(main())
