"""The garbage collector at a start, which makes some hundred thousand objects that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_RARELY = 50_000
_COUNTING = Lock()
_USUAL: list[tuple[int, int, int]] = []
"""The thresholds to go back to, and once more for each that is at it."""


def starting() -> None:
    """Collect nothing until ``started``: going through it all again and again took a sixth of a start's CPU."""
    gc.disable()


@contextmanager
def bulk() -> Iterator[None]:
    """Work that makes and drops very many small objects: look for circles among them a hundred times less often.

    Else a third of an import's time goes into looking at what is about to be dropped anyway. Threads may be at it side by
    side: the first of them to begin changes the threshold, the last to end changes it back.
    """
    with _COUNTING:
        if not _USUAL:
            _USUAL.append(gc.get_threshold())
            gc.set_threshold(_RARELY, *_USUAL[0][1:])
        _USUAL.append(_USUAL[0])
    try:
        yield
    finally:
        with _COUNTING:
            _USUAL.pop()
            if len(_USUAL) == 1:
                gc.set_threshold(*_USUAL.pop())


def started() -> None:
    """Collect from now on, and leave alone what is there: a full round through it stopped every request for 0.2 s."""
    gc.freeze()
    gc.enable()


def settled() -> None:
    """What is there now will mostly stay, and is no circle: let no round go through it again.

    Who keeps hundreds of thousands of answers is else stopped for a tenth of a second by each full round.
    """
    gc.collect(1)
    gc.freeze()
