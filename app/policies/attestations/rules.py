"""What an attestation is, and which versions can be attested."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.errors import Conflict
from app.policies.rules import Version, VersionNotCurrent


class TextDiffers(Conflict):
    """The text that was read is not that of the version."""

    code = "text_differs"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Somebody has accepted a version of a policy."""

    id: UUID
    policy_version_id: UUID
    employee_id: UUID
    text_sha256: str
    created_at: datetime
    updated_at: datetime
    version: int


def check(version: Version, read: str | None, at: datetime) -> None:
    """May this version be attested now? ``read``: the SHA-256 of the text that was read, if it is said.

    Raises ``VersionNotCurrent`` for a draft and for what is over, ``TextDiffers``.
    """
    over = version.superseded_at is not None and version.superseded_at <= at
    if version.published_at is None or over:
        state = version.state_at(at)
        raise VersionNotCurrent(f"Version {version.n} is {state}; what is attested is the version that holds.")
    if read is not None and read != version.text_sha256:
        raise TextDiffers(f"The text of version {version.n} has the SHA-256 {version.text_sha256}; read it again.")
