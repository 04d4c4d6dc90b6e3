"""Writing batches of people side by side, as far as they do not need each other."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from app.imports.rules import Summary

from .rules import Person

Write = Callable[[Sequence[Person]], Summary]


def side_by_side(batches: Iterable[Sequence[Person]], write: Write, lanes: int) -> Iterator[tuple[int, Summary]]:
    """(rows, what was done) of each batch, in their order. ``lanes``: how many are written at once.

    Each is a transaction of its own. A batch with people whose manager another one brings waits until that is committed:
    the database would not find the manager before. Raises what ``write`` raises, when no other is at work any more.
    """
    if lanes == 1:
        yield from ((len(batch), write(batch)) for batch in batches)
        return
    flying: deque[tuple[Future[Summary], set[str]]] = deque()
    with ThreadPoolExecutor(lanes, "import") as pool:
        for batch in batches:
            managers = {stated.manager for stated in batch}
            while flying and (len(flying) >= lanes or any(managers & brought for _, brought in flying)):
                yield _landed(flying)
            flying.append((pool.submit(write, batch), {stated.number for stated in batch}))
        while flying:
            yield _landed(flying)


def _landed(flying: "deque[tuple[Future[Summary], set[str]]]") -> tuple[int, Summary]:
    future, brought = flying.popleft()
    return len(brought), future.result()
