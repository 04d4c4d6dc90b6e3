"""Our storage by the library's own contract, on both databases."""

from contextlib import nullcontext

import pytest
from scim2_server.testing import ScimStorageContract

from app.scim.documents.wire import PROVIDER
from app.scim.service import Storage


class OnItsOwn(Storage):
    """Each call an operation of its own, as the server encloses it."""

    def get(self, *args, **more):
        with self.operation():
            return super().get(*args, **more)

    def search(self, *args, **more):
        with self.operation():
            return super().search(*args, **more)

    def create(self, *args, **more):
        with self.operation():
            return super().create(*args, **more)

    def update(self, *args, **more):
        with self.operation():
            return super().update(*args, **more)

    def delete(self, *args, **more):
        with self.operation():
            return super().delete(*args, **more)

    def operation(self):
        return nullcontext() if self._people else super().operation()


class TestStorage(ScimStorageContract):
    @pytest.fixture
    def provider(self):
        with PROVIDER:
            yield PROVIDER

    @pytest.fixture
    def storage(self, world):
        return OnItsOwn(begin=world.work)
