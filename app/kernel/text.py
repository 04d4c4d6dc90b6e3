"""Text as people send it: one stored form, nothing invisible, bounded.

NFC is the stored form; ``key_of`` (NFKC and casefold) is what uniqueness is judged on. Control characters, NUL, lone
surrogates, bidirectional overrides, zero-width and tag characters are refused: they make two different texts look alike.
"""

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

_REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joiners are needed in emoji sequences and in several scripts; prose may hold them, names and keys may not.
_PROSE_ALLOWED = frozenset("\n\t\u200c\u200d")


def line(text: str, longest: int = 200) -> str:
    """One line of visible text, trimmed, NFC. Raises ValueError in plain words."""
    clean = unicodedata.normalize("NFC", text).strip()
    if clean and len(clean) <= longest and clean.isprintable():  # as most are; nothing printable is refused
        return clean
    if not clean:
        raise ValueError("must not be empty")
    return _checked(clean, longest, frozenset())


def prose(text: str, longest: int = 4000) -> str:
    """Several lines of visible text, trimmed, NFC, with LF line ends. Raises ValueError in plain words."""
    clean = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if not clean:
        raise ValueError("must not be empty")
    return _checked(clean, longest, _PROSE_ALLOWED)


def _checked(text: str, longest: int, allowed: frozenset[str]) -> str:
    if len(text) > longest:
        raise ValueError(f"must be at most {longest} characters long")
    for char in text:
        if unicodedata.category(char) in _REFUSED and char not in allowed:
            raise ValueError(f"must not contain the invisible character U+{ord(char):04X}")
    return text


def key_of(text: str) -> str:
    """What two spellings of one name have in common."""
    if text.isascii():  # which NFKC leaves as it is
        return text.strip().casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())


def folded(said: Any) -> Any:
    """A JSON document as it is searched: every text as ``key_of`` has it, the names as they are."""
    if isinstance(said, str):
        return key_of(said)
    if isinstance(said, Mapping):
        return {name: folded(value) for name, value in said.items()}
    return [folded(one) for one in said] if isinstance(said, list) else said


def _document(text: str) -> str:
    return prose(text, 100_000)


Spelled = Annotated[str, AfterValidator(partial(unicodedata.normalize, "NFC"))]
"""A text to be looked for, in the form in which texts are stored."""
Line = Annotated[str, StringConstraints(max_length=1000), AfterValidator(line)]
"""One line, at most 200 characters."""
Prose = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(prose)]
"""A few paragraphs, at most 4,000 characters."""
Document = Annotated[str, StringConstraints(max_length=200_000), AfterValidator(_document)]
"""A whole text, at most 100,000 characters."""
