"""A file of observations on the wire."""

from typing import Any, Final

from app.imports.completions.worker import Loaded
from app.kernel.wire import Out


class RejectedObservation(Out):
    """A row that was not loaded: the line it starts on, and why."""

    line: int
    code: str
    message: str


class ObservationsImported(Out):
    """What a file did, in rows: new ones, other values than before, and what was known, or there twice."""

    recorded: int
    corrected: int
    unchanged: int
    rejected: int
    rejects: list[RejectedObservation]


def shown(loaded: Loaded) -> ObservationsImported:
    """What a file did, as callers see it."""
    summary = loaded.summary
    rejects = sorted(loaded.rejected, key=lambda one: one.line)
    return ObservationsImported(
        recorded=summary.created,
        corrected=summary.updated,
        unchanged=summary.unchanged,
        rejected=summary.rejected,
        rejects=[RejectedObservation.model_validate(one) for one in rejects],
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
                    "file": "account,kpi,period_from,period_until,value,source\n"
                    "x:alder_nordics,posts,2025-11-03,2025-11-10,12,postwell\n"
                },
                "encoding": {"file": {"contentType": "text/csv"}},
            }
        },
    }
}
"""The form of an upload, as OpenAPI has it."""
