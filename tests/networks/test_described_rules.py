"""Descriptions of networks just within and just outside of what is allowed, and which member is said to be at fault."""

import pytest

from app.networks.rules import BadNetwork, Network, ensure_distinct

FORM = {"kind": "name", "paths": ["/@{handle}"], "url": "https://acme.example/@{handle}"}
SITE = {"kind": "site", "url": "https://{handle}"}
ACME = {"key": "acme", "name": "Acme", "hosts": ["acme.example"], "forms": [FORM]}


def refused(said):
    """The member at fault, and the sentence about it."""
    with pytest.raises(BadNetwork) as caught:
        said()
    return caught.value.member, str(caught.value)


def at_fault(**changes):
    return refused(lambda: Network.from_data(ACME | changes))[0]


def of_form(form=FORM, **changes):
    return {"forms": [form | changes]}


def distinct(one, other):
    named = {"key": "other", "forms": [FORM | {"url": f"https://{other['hosts'][0].removeprefix('*.')}/@{{handle}}"}]}
    ensure_distinct(Network.from_data(ACME | one), [Network.from_data(ACME | named | other)])


def test_a_description_is_read_and_told_as_json_has_it():
    told = Network.from_data(ACME | {"tabs": ("about",)}).as_data()
    assert (told["hosts"], told["tabs"], told["reserved"]) == (["acme.example"], ["about"], [])
    assert (told["forms"][0]["kind"], told["forms"][0]["paths"]) == ("name", ["/@{handle}"])


def test_what_a_description_just_may_be():
    whole = {"name": "a" * 80, "tabs": ["a" * 300] * 300}
    network = Network.from_data(ACME | whole | of_form(max_length=300))
    assert (network.name, len(network.tabs), network.forms[0].max_length) == ("a" * 80, 300, 300)


def test_what_is_too_long():
    assert at_fault(name="a" * 81) == "/name"
    assert at_fault(tabs=["a", "a" * 301]) == "/tabs/1"
    assert at_fault(tabs=["a"] * 301) == "/tabs"
    assert at_fault(**of_form(max_length=301)) == "/forms/0/max_length"


def test_what_is_of_another_sort():
    assert at_fault(key="A b") == at_fault(key=7) == "/key"
    assert at_fault(**of_form(min_length="1")) == at_fault(**of_form(min_length=True)) == "/forms/0/min_length"
    assert at_fault(**of_form(letters=1)) == "/forms/0/letters"
    assert at_fault(**of_form(kind="names")) == "/forms/0/kind"


def test_what_is_said_of_the_member_at_fault():
    assert refused(lambda: Network.from_data({})) == ("/key", "/key is required")
    assert refused(lambda: Network.from_data([])) == ("", "the network must be an object")
    assert refused(lambda: Network.from_data(ACME | {"name": " "})) == ("/name", "/name must be 1 to 80 characters")


def test_an_unknown_member_is_told_as_a_pointer_and_not_at_length():
    assert at_fault(**{"a~b/c": 1}) == "/a~0b~1c"
    assert at_fault(**{"a" * 41: 1}) == "/" + "a" * 40


def test_forms_are_a_list_and_those_with_any_host_stand_alone():
    assert at_fault(forms="name") == "/forms"
    assert at_fault(forms=[FORM, SITE]) == "/forms"
    assert at_fault(forms=[FORM, 7]) == "/forms/1"


def test_hosts_are_names_of_hosts():
    assert at_fault(hosts=["acme.example", "localhost"]) == "/hosts/1"
    assert at_fault(hosts=["www.acme.example"]) == "/hosts/0"
    assert at_fault(link_hosts=["localhost"]) == "/link_hosts/0"
    assert at_fault(link_hosts=["acme.org", "ACME.org"]) == "/link_hosts/1"


def test_a_site_leads_to_itself_and_nowhere_else():
    site = {"hosts": []}
    assert Network.from_data(ACME | site | of_form(SITE)).forms[0].url == "https://{handle}"
    assert at_fault(**site, **of_form(SITE, paths=["/@{handle}"])) == "/forms/0/url"
    assert at_fault(**site, **of_form(SITE, url="https://acme.example/{handle}")) == "/forms/0/url"


def test_networks_share_no_host_by_any_of_their_names():
    distinct({}, {"hosts": ["other.example"]})
    assert refused(lambda: distinct({}, {"hosts": ["other.example", "acme.example"]}))[0] == "/hosts/0"
    assert refused(lambda: distinct({}, {"hosts": ["other.example"], "link_hosts": ["acme.example"]}))[0] == "/hosts/0"
    assert refused(lambda: distinct({"link_hosts": ["o.example"]}, {"hosts": ["o.example"]}))[0] == "/link_hosts/0"
    assert refused(lambda: distinct({}, {"hosts": ["other.example", "*.acme.example"]}))[0] == "/hosts"
