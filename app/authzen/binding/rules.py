"""How what is wrong with a request is said."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.errors import MalformedRequest
from app.kernel.findings import findings


def malformed(errors: Sequence[Mapping[str, Any]], body: Any) -> MalformedRequest:
    """Pydantic's errors as one refusal. Their places begin with ``body``, and lead into this one."""
    return MalformedRequest("The request is incomplete or of a wrong type.", errors=findings(errors, body))
