"""Loading an uploaded file of completions, or another small one, while its sender waits."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from app.imports.rules import Rejected, Summary
from app.imports.runs.rules import check_type
from app.imports.service import import_completions
from app.kernel.access import House
from app.kernel.errors import FieldError, Invalid
from app.kernel.uploads import Upload
from app.kernel.work import Work

from .rules import MOST

_MAGIC_BYTES: Final = 16


@dataclass(slots=True)
class Loaded:
    """What a file did; ``rejected`` in the order of the file. ``revision``: the newest that it made, None if nothing."""

    parts: House
    summary: Summary = field(default_factory=Summary)
    rejected: list[Rejected] = field(default_factory=list)
    revision: int | None = None

    def seal(self, work: Work) -> int | None:
        """As the house seals, and take note of the revision."""
        revision = self.parts.seal(work)
        self.revision = self.revision if revision is None else revision
        return revision


def load(
    parts: House, upload: Upload, loads: Callable[..., Summary] = import_completions, most: int | None = None
) -> Loaded:
    """Load the file of an upload in the name of whom ``parts`` names, a transaction for each part of at most 500 rows.

    Raises ``Invalid``, ``UnsupportedMediaType``, ``FileRefused``; nothing is changed then. Two files at once do no harm:
    a completion is recorded once, whoever comes first. ``loads``: for a file of something else of which that is so, of
    at most ``most`` rows.
    """
    if upload.fields:
        faults = [FieldError(f"/{name[:100]}", "unknown_field", "There is one field: file.") for name in upload.fields]
        raise Invalid("The form has fields that are not known here.", errors=faults[:20])
    with upload.path.open("rb") as file:
        check_type(upload.media_type, file.read(_MAGIC_BYTES))
    told = Loaded(parts)
    told.summary = loads(
        replace(parts, seal=told.seal),
        upload.path,
        progress=_unwatched,
        reject=told.rejected.append,
        held=True,
        most=MOST if most is None else most,
    )
    return told


def _unwatched(done: int, total: int | None) -> None:
    """Nobody looks how far it is."""
