"""A file of completions on the wire."""

from typing import Any, Final

from app.kernel.wire import Out

from .worker import Loaded


class RejectedCompletion(Out):
    """A row that was not loaded: the line it starts on, and why."""

    line: int
    code: str
    message: str


class CompletionsImported(Out):
    """What a file did, in rows. ``unchanged``: held already, or there twice."""

    created: int
    unchanged: int
    rejected: int
    rejects: list[RejectedCompletion]


def shown(loaded: Loaded) -> CompletionsImported:
    """What a file did, as callers see it."""
    summary = loaded.summary
    return CompletionsImported(
        created=summary.created,
        unchanged=summary.unchanged,
        rejected=summary.rejected,
        rejects=[RejectedCompletion.model_validate(one) for one in loaded.rejected],
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
                    "file": "employee,course,completed_at,source\n"
                    "employee@demo.example,social-media-basics,2025-11-03,LMS\n"
                },
                "encoding": {"file": {"contentType": "text/csv"}},
            }
        },
    }
}
"""The form of an upload, as OpenAPI has it."""
