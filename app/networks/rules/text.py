"""Characters: what may not stand in a handle, its one stored form, and what it looks like to a reader."""

import unicodedata
from functools import cache
from importlib.resources import files

from app.networks.rules.refusals import BadHandle

MAX_TEXT = 2048
"""Code points of anything typed in: room for the longest address, small enough to normalise safely."""

_REFUSED = {
    "Cs": "lone_surrogate",
    "Cc": "control_character",
    "Cf": "invisible_character",
    "Zl": "invisible_character",
    "Zp": "invisible_character",
    "Co": "unassigned_character",
    "Cn": "unassigned_character",
}

# Unicode's Default_Ignorable_Code_Point beyond the format characters above, and the empty braille cell: letters and
# marks that draw nothing, so that two handles could differ and look the same.
_DRAWS_NOTHING = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)

# Latin characters that many typefaces draw alike; case is gone by then, so a capital i counts as the l it resembles.
_ONE_SHAPE = str.maketrans({"0": "o", "1": "l", "i": "l"})
_OVERLAY = 1  # canonical combining class of strokes through a letter
_FIRST_ACCENT = 200  # ... of marks attached to, above and below a letter
_TWO_SHAPES = (("rn", "m"), ("vv", "w"))


def clean(text: str) -> str:
    """The text without blanks around it, in NFC; refuses what is empty, too long, or holds a character unseen."""
    if len(text) > MAX_TEXT:
        raise BadHandle("too_long", f"More than {MAX_TEXT} characters cannot be a handle or an address.")
    trimmed = text.strip(" \u00a0")
    if not trimmed:
        raise BadHandle("empty", "A handle or an address is needed.")
    refuse_unseen(trimmed)
    return unicodedata.normalize("NFC", trimmed)


def refuse_unseen(text: str) -> None:
    """Refuses characters a reader cannot see or a database cannot keep, naming the first of them."""
    for character in text:
        category = unicodedata.category(character)
        reason = "invisible_character" if character in _DRAWS_NOTHING else _REFUSED.get(category)
        if reason:
            raise BadHandle(reason, f"The character U+{ord(character):04X} cannot stand in a handle.")


def fold(text: str) -> str:
    """The stored form where case does not count: NFKC and full case folding, stable when applied again.

    Normalising before, between and after is what makes it stable (The Unicode Standard, section 3.13, D145-D146).
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def skeleton(text: str) -> str:
    """Equal for texts that look alike (after UTS 39 section 4); compare it, never show or store it as a name.

    Give it the handle as written: some capitals resemble a Latin letter that their small form does not. It errs
    towards alike (accents, ``i``/``l``/``1``, ``rn``/``m`` do not count), since all it does is raise a flag.
    """
    table = _lookalikes()
    drawn = unicodedata.normalize("NFKC", text).translate(table).casefold()
    shapes = _unaccented(drawn).translate(table).translate(_ONE_SHAPE)
    for pair, single in _TWO_SHAPES:
        shapes = shapes.replace(pair, single)
    return shapes


def _unaccented(text: str) -> str:
    """Without marks above, below or through a letter; vowel signs of other scripts (lower classes) stay."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if not _is_accent(ch))


def _is_accent(character: str) -> bool:
    placed = unicodedata.combining(character)
    return placed == _OVERLAY or placed >= _FIRST_ACCENT


@cache
def _lookalikes() -> dict[int, str]:
    lines = files("app.networks").joinpath("confusables.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#")]
    return {int(point, 16): shape for shape, *points in pairs for point in points}
