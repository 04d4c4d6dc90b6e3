"""The quick ways of looking at text say what the slow ones say."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.kernel import text

REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_nothing_that_prints_is_refused() -> None:
    printing = [char for char in map(chr, range(sys.maxunicode + 1)) if char.isprintable()]
    assert not {unicodedata.category(char) for char in printing} & REFUSED


@given(st.text())
def test_a_line_is_what_is_left_of_it_or_refused(said: str) -> None:
    clean = unicodedata.normalize("NFC", said).strip()
    bad = not clean or len(clean) > 50 or any(unicodedata.category(char) in REFUSED for char in clean)
    try:
        assert text.line(said, 50) == clean and not bad
    except ValueError:
        assert bad


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_a_key_is_folded_and_stays_so(said: str) -> None:
    """Attack E04."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", said).strip().casefold())
    assert text.key_of(said) == folded
