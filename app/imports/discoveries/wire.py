"""A file of sightings on the wire."""

from typing import Any, Final

from app.imports.completions.worker import Loaded
from app.kernel.wire import Out


class RejectedSighting(Out):
    """A row that was not loaded: the line it starts on, and why."""

    line: int
    code: str
    message: str


class DiscoveriesImported(Out):
    """What a file did, in rows.

    ``created``: of handles that nobody had seen before. ``updated``: further sightings. ``unchanged``: recorded already,
    or there twice.
    """

    created: int
    updated: int
    unchanged: int
    rejected: int
    rejects: list[RejectedSighting]


def shown(loaded: Loaded) -> DiscoveriesImported:
    """What a file did, as callers see it."""
    summary = loaded.summary
    return DiscoveriesImported(
        created=summary.created,
        updated=summary.updated,
        unchanged=summary.unchanged,
        rejected=summary.rejected,
        rejects=[RejectedSighting.model_validate(one) for one in loaded.rejected],
    )


FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV in UTF-8."}},
                },
                "example": {
                    "file": "network,handle,source,seen_at,active\nx,alder_n0rdic,Brand monitoring,2025-11-03,yes\n"
                },
                "encoding": {"file": {"contentType": "text/csv"}},
            }
        },
    }
}
"""The form of an upload, as OpenAPI has it."""
