"""What this decision point can do and where, as it is published (AuthZEN 1.0, 9)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from app.authzen.denials import rules as denials

ENDPOINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access_evaluation_endpoint": "/access/v1/evaluation",
        "access_evaluations_endpoint": "/access/v1/evaluations",
        "search_subject_endpoint": "/access/v1/search/subject",
        "search_resource_endpoint": "/access/v1/search/resource",
        "search_action_endpoint": "/access/v1/search/action",
    }
)
"""Every endpoint by the name of its parameter. One that is not named here is one that there is not."""


def metadata(public_url: str) -> dict[str, Any]:
    """The document of the decision point at this address, which ends without a slash."""
    endpoints = {name: public_url + path for name, path in ENDPOINTS.items()}
    return {"policy_decision_point": public_url, **endpoints, **denials.profile_metadata(public_url)}
