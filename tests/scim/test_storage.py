"""Our storage by the library's own contract, on both databases."""

from contextlib import nullcontext

import pytest
from scim2_models import NotFoundException
from scim2_server.testing import ScimStorageContract

from app.groups import service as groups
from app.kernel.ids import new_id
from app.scim.documents.wire import GROUP_TYPE, PROVIDER, USER_TYPE
from app.scim.service import Storage
from app.scim.teams import service as teams


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


@pytest.mark.parametrize("kind", [USER_TYPE, GROUP_TYPE], ids=["user", "group"])
def test_what_is_gone_cannot_be_taken_away(world, kind):
    with pytest.raises(NotFoundException), world.work() as work:
        Storage(work).delete(kind, str(new_id()))


def test_a_group_that_goes_meanwhile_is_not_there(scim, monkeypatch):
    """Its row is held only when it is changed: somebody may have been quicker."""
    group, held = scim.group("Editors"), teams.version

    def version(work, id_):
        found = held(work, id_)
        groups.delete(work, id_)
        return found

    monkeypatch.setattr(teams, "version", version)
    assert [one["status"] for one in scim.bulk(("DELETE", f"/Groups/{group['id']}"))] == ["404"]


def test_nothing_is_read_outside_of_an_operation(world):
    with pytest.raises(RuntimeError, match="no operation"):
        Storage(begin=world.work).work.session
