"""The garbage collector at a start, which makes some hundred thousand objects that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 50_000


def starting() -> None:
    """Collect nothing until ``started``: going through it all again and again took a sixth of a start's CPU."""
    gc.disable()


@contextmanager
def bulk() -> Iterator[None]:
    """Work that makes and drops millions of small objects: look for circles among them a hundred times less often.

    Else a third of an import's time goes into looking at what is about to be dropped anyway.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_RARELY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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
