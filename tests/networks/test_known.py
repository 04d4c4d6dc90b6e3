"""Networks as data: what comes with the service, and what a new one must be."""

import json
from typing import Any

import pytest

from app.networks.rules import BadNetwork, Network, ensure_distinct, known, recognise

NETWORKS = {network.key: network for network in known()}


def test_known_networks_are_data_that_survive_a_database() -> None:
    assert {"x", "facebook", "instagram", "linkedin", "youtube", "tiktok", "threads"} <= NETWORKS.keys()
    assert {"mastodon", "bluesky", "blog"} <= NETWORKS.keys()
    for network in known():
        assert Network.from_data(json.loads(json.dumps(network.as_data()))) == network


def test_known_networks_share_no_host() -> None:
    for network in known():
        ensure_distinct(network, [other for other in known() if other is not network])


def a_network(**changes: Any) -> dict[str, Any]:
    form = {"kind": "name", "paths": ["/@{handle}"], "url": "https://acme.example/@{handle}", "max_length": 20}
    return {
        "key": "acme",
        "name": "Acme",
        "hosts": ["acme.example"],
        "forms": [form | changes.pop("form", {})],
    } | changes


def test_a_new_network_works_at_once() -> None:
    network = Network.from_data(a_network())
    assert recognise([*known(), network], "acme.example/@Foo")[1].canonical == "foo"


@pytest.mark.parametrize(
    ("data", "member"),
    [
        ([], ""),
        ({}, "/key"),
        (a_network(colour="red"), "/colour"),
        (a_network(key="A b"), "/key"),
        (a_network(key=7), "/key"),
        (a_network(name=""), "/name"),
        (a_network(name="a\u202eb"), "/name"),
        (a_network(hosts="acme.example"), "/hosts"),
        (a_network(hosts=[]), "/hosts"),
        (a_network(hosts=["acme.example", "ACME.example"]), "/hosts/1"),
        (a_network(hosts=["acme.example", "www.acme.org"]), "/hosts/1"),
        (a_network(link_hosts=["localhost"]), "/link_hosts/0"),
        (a_network(tabs=["a"] * 301), "/tabs"),
        (a_network(tabs=["a" * 301]), "/tabs/0"),
        (a_network(reserved=[1]), "/reserved/0"),
        (a_network(forms=[]), "/forms"),
        (a_network(form={"bare": False}), "/forms"),
        (a_network(forms=[*a_network()["forms"], {"kind": "site", "url": "https://{handle}"}]), "/forms"),
        (a_network(form={"bare": 1}), "/forms/0/bare"),
        (a_network(form={"pattern": "(a+)+$"}), "/forms/0/pattern"),
        (a_network(form={"kind": "regex"}), "/forms/0/kind"),
        (a_network(form={"kind": []}), "/forms/0/kind"),
        (a_network(form={"min_length": 0}), "/forms/0/min_length"),
        (a_network(form={"min_length": True}), "/forms/0/min_length"),
        (a_network(form={"min_length": 21}), "/forms/0/max_length"),
        (a_network(form={"max_length": 301}), "/forms/0/max_length"),
        (a_network(form={"punctuation": "/"}), "/forms/0/punctuation"),
        (a_network(form={"inner": "."}), "/forms/0/inner"),
        (a_network(form={"ignored": "_"}), "/forms/0/ignored"),
        (a_network(form={"label": "Acme"}), "/forms/0/label"),
        (a_network(form={"starts": "a b"}), "/forms/0/starts"),
        (a_network(form={"paths": ["/@{handle}", "/x"]}), "/forms/0/paths/1"),
        (a_network(form={"paths": ["/@{handle}", "/{handle}/{handle}"]}), "/forms/0/paths/1"),
        (a_network(form={"paths": ["/@{handle}", "/<{handle}>"]}), "/forms/0/paths/1"),
        (a_network(form={"paths": ["/@{handle}", "{handle}"]}), "/forms/0/paths/1"),
        (a_network(form={"url": "acme.example/@{handle}"}), "/forms/0/url"),
        (a_network(form={"url": "http://acme.example/@{handle}"}), "/forms/0/url"),
        (a_network(form={"url": "https://evil.example/@{handle}"}), "/forms/0/url"),
        (a_network(form={"url": "https://acme.example/{handle}"}), "/forms/0/url"),
        (a_network(form={"kind": "site"}), "/hosts"),
        (a_network(form={"kind": "site"}, hosts=[]), "/forms/0/url"),
    ],
)
def test_a_bad_network_is_refused_by_member(data: object, member: str) -> None:
    with pytest.raises(BadNetwork) as caught:
        Network.from_data(data)
    assert caught.value.member == member
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"key": "x"}, "/key"),
        ({"hosts": ["acme.example", "x.com"]}, "/hosts/1"),
        ({"hosts": ["acme.example", "uk.linkedin.com"]}, "/hosts/1"),
        ({"hosts": ["acme.example", "*.facebook.com"]}, "/hosts/1"),
        ({"hosts": ["acme.example", "*.bund.de"]}, "/hosts"),
        ({"link_hosts": ["t.co"]}, "/link_hosts/0"),
    ],
)
def test_a_network_may_not_take_what_is_anothers(changes: dict[str, Any], member: str) -> None:
    with pytest.raises(BadNetwork) as caught:
        ensure_distinct(Network.from_data(a_network(**changes)), known())
    assert caught.value.member == member
