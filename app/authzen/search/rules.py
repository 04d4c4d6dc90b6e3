"""Searching: whoever, whatever or whichever right an evaluation would permit, a page at a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.kernel.errors import MalformedRequest
from app.kernel.pages import DEFAULT_LIMIT, MAX_LIMIT

DEFAULT: Final = DEFAULT_LIMIT
MOST: Final = MAX_LIMIT


class InvalidPageToken(MalformedRequest):
    """A token is good for the very search and the caller it was given to, with the limit that it began with."""

    code = "invalid_page_token"
    title = "The page token is not one of ours, or belongs to another search"


@dataclass(frozen=True, slots=True)
class Window:
    """Which part is asked for: what comes after that result (None: from the first on), so many of them at most.

    ``limit`` as the caller said it (None: not at all).
    """

    after: str | None = None
    limit: int | None = None

    @property
    def size(self) -> int:
        """How many are shown at most, whatever the caller says."""
        return DEFAULT if self.limit is None else min(self.limit, MOST)


@dataclass(frozen=True, slots=True)
class Found:
    """A page: ids (of rights: names) in ascending order; where the next page begins, if there is one."""

    results: tuple[str, ...] = ()
    following: Window | None = None


def cut(candidates: Iterable[str], permitted: Callable[[str], bool], window: Window) -> Found:
    """The permitted ones of the window. No more candidates are tried than it takes to know whether there is more."""
    ahead = (one for one in sorted(candidates) if window.after is None or one > window.after)
    found = tuple(islice(filter(permitted, ahead), window.size + 1))
    shown = found[: window.size]
    if len(found) == len(shown):
        return Found(shown)
    return Found(shown, Window(shown[-1] if shown else window.after, window.limit))
