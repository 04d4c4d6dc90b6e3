"""Attestations as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictStr

from app.kernel.wire import In, Instant, Out

Digest = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


class NewAttestation(In):
    """I accept this version. ``text_sha256``: the digest of the text that I read, to be sure that it is the same."""

    text_sha256: Annotated[Digest | None, Field(examples=[None])] = None


class Attestation(Out):
    """Somebody accepted a version of a policy, whose text had this SHA-256."""

    id: UUID
    policy_version_id: UUID
    employee_id: UUID
    text_sha256: str
    created_at: Instant
    updated_at: Instant
