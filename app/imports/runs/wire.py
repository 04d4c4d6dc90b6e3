"""Runs of imports on the wire."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from app.kernel.actor import ActorKind
from app.kernel.wire import Instant, Out

from .rules import Kind, Run, RunState


class ImportProgress(Out):
    """How many rows are done, of how many; null while that is not known yet."""

    done: int
    total: int | None


class ImportSummary(Out):
    """What a run did, or with ``dry_run`` would do, in people; ``rejected`` counts rows."""

    created: int
    updated: int
    unchanged: int
    left: int
    rejected: int


class ImportProblem(Out):
    """Why a run was refused, or failed."""

    code: str
    title: str
    detail: str


class ImportActor(Out):
    """Who asked for a run."""

    kind: ActorKind
    id: UUID | None


class ImportRun(Out):
    """A run of an import. Its ``id`` is the ``request_id`` of everything that it caused in the audit log."""

    id: UUID
    kind: Kind
    state: Annotated[
        RunState,
        Field(
            description="`refused`: the file as a whole, and nothing was changed. `failed`: it broke off; what was "
            "written is whole, and the same file completes it."
        ),
    ]
    complete: bool
    confirm_leavers: bool
    dry_run: bool
    columns: Annotated[str | None, Field(description="The preset that its columns were read by; `own`: the caller's.")]
    file_name: str
    file_size: int
    file_sha256: str | None
    progress: ImportProgress
    summary: ImportSummary | None
    problem: ImportProblem | None
    started_by: ImportActor
    started_at: Instant | None
    finished_at: Instant | None
    created_at: Instant
    updated_at: Instant


def shown(run: Run) -> ImportRun:
    """A run as callers see it."""
    names = ImportRun.model_fields.keys() - {"progress", "started_by"}
    members: dict[str, Any] = {name: getattr(run, name) for name in names}
    return ImportRun(
        **members,
        progress=ImportProgress(done=run.done, total=run.total),
        started_by=ImportActor(kind=run.actor_kind, id=run.actor_id),
    )


_FLAGS = {
    "complete": "Whoever is missing from the file has left.",
    "confirm_leavers": "Yes, as many as that have left, although it is more than 10 %.",
    "dry_run": "Change nothing, only say what would be.",
}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV in UTF-8."},
                        "kind": {"type": "string", "enum": ["employees"], "default": "employees"},
                        **{
                            name: {"type": "boolean", "default": False, "description": words}
                            for name, words in _FLAGS.items()
                        },
                        "columns": {
                            "type": "string",
                            "description": "A preset (`workday`, `successfactors`, `bamboohr`, `oracle-hcm`, `generic`), "
                            "or a description of the columns in TOML, as `coe import columns` prints one; without it "
                            "they are known by the header.",
                        },
                    },
                },
                "example": {
                    "file": "Employee ID,First Name,Last Name,Preferred Name,Work Email,Job Title,Department,Location,"
                    "Worker Type,Hire Date,Termination Date,Status,Manager ID\n"
                    "LF-021,Nora,Berg,,nora.berg@larkfield.example,Editor,Nordics,Oslo,Employee,2026-03-01,,Active,\n",
                    "kind": "employees",
                    "complete": False,
                    "dry_run": True,
                },
                "encoding": {"file": {"contentType": "text/csv"}},
            }
        },
    }
}
"""The form of an upload, as OpenAPI has it."""
