"""The conformance checks of scim2-tester, whole, against `coe serve` over each database."""

from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server


def test_every_check_succeeds(scim, live):
    with Client(base_url=live, headers={"Authorization": f"Bearer {scim.bearer}"}, timeout=60) as client:
        results = check_server(SyncSCIMClient(client))
    bad = [(one.title, one.resource_type, one.reason) for one in results if one.status is not Status.SUCCESS]
    assert not bad, bad
    kinds = Counter(one.resource_type for one in results)
    assert len(results) >= 100 and kinds["User"] and kinds["Group"], kinds
    assert scim.world.intact() > 0
