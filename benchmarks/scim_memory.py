"""scim2-server's own in-memory server, holding the users of a file: what ours is measured beside.

Started by `benchmarks.scim` as `uvicorn --factory benchmarks.scim_memory:application`. It checks no bearer, writes no
disk and keeps no history; it shares the library with our service, and nothing else.
"""

import gc
import json
import os
from pathlib import Path

from scim2_models import (
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    Patch,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage, InMemoryStorage

USERS = "BENCH_SCIM_USERS"
"""The environment variable that names the file: one user a line, as JSON."""


def application() -> ASGIApplication:
    """The application, its users loaded."""
    storage = InMemoryStorage()
    with Path(os.environ[USERS]).open(encoding="utf-8") as lines:
        storage.resources = [User[EnterpriseUser].model_validate(json.loads(line)) for line in lines]
    gc.collect()
    gc.freeze()  # as our service does when it has started: it is not the collector that is compared
    return ASGIApplication(AsyncInMemoryStorage(storage), _provider())


def _provider() -> ScimProvider:
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        filter=Filter(supported=True, max_results=200),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
    )
    return ScimProvider(
        models=[User, EnterpriseUser, Group],
        resource_types=[ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)],
        config=config,
    )
