"""Handles and addresses just within and just outside of what is allowed, and what exactly they look like."""

import pytest

from app.kernel.errors import FieldError
from app.networks.rules import BadHandle, BadNetwork, Network, canonical, known, recognise
from app.networks.rules.address import Address, domain, read_address
from app.networks.rules.text import clean

NETWORKS = {network.key: network for network in known()}


def a_network(**form):
    """One whose accounts stand at the root of its host, where a page of its own stands too."""
    paths = {"paths": ["/{handle}"], "url": "https://acme.example/{handle}"}
    data = {"key": "acme", "name": "Acme", "hosts": ["acme.example"], "reserved": ["home"]}
    return Network.from_data({**data, "forms": [{"kind": "name", **paths, **form}]})


def at_hosts(**more):
    """The same with handles of the form user@host."""
    return a_network(kind="address", url="https://{host}/{handle}", punctuation="_", **more)


def refusal(network, handle, url=None):
    with pytest.raises(BadHandle) as caught:
        canonical(network, handle, url, others=known())
    return caught.value.reason


@pytest.mark.parametrize(
    ("network", "handle", "url", "looks"),
    [
        ("x", "Acme", None, "acme"),
        ("x", "@Acme", "https://x.com/acme", "acme"),
        ("facebook", "John.Doe", None, "johndoe"),
        ("mastodon", "Acme@mas.to", None, "acme@mas.to"),
        ("mastodon", "@Acme@mas.to", "https://mas.to/@acme", "acme@mas.to"),
        ("mastodon", "Acme", "https://mas.to/@acme", "acme@mas.to"),
        ("blog", "xn--bcher-kva.example", None, "bucher.example"),
        ("blog", "xn--bcher-kva.example/Top/Ten", None, "bucher.example/top/ten"),
    ],
)
def test_what_a_handle_looks_like(network, handle, url, looks):
    assert canonical(NETWORKS[network], handle, url).skeleton == looks.replace("i", "l")


@pytest.mark.parametrize(
    ("network", "handle", "found"),
    [
        ("x", "X.com/Acme", "acme"),
        ("x", "x.com/acme/", "acme"),
        ("x", "x.com/acme/media", "acme"),
        ("x", "a\u0661", "a\u0661"),
        ("youtube", "https://www.youtube.com/c/watch", "watch"),
        ("blog", "acme.example/" + "a" * 499, "acme.example/" + "a" * 499),
        ("blog", "acme.example/@x.com", "acme.example/@x.com"),
    ],
)
def test_what_is_just_allowed(network, handle, found):
    assert canonical(NETWORKS[network], handle, others=known()).canonical == found


@pytest.mark.parametrize(
    ("network", "handle", "reason"),
    [
        ("blog", "acme.example/" + "a" * 500, "too_long"),
        ("blog", "x.com", "host_of_another_network"),
        ("blog", "x.com/acme/news", "host_of_another_network"),
        ("blog", "https://www.tiktok.com/@acme", "host_of_another_network"),
        ("blog", "mastodon.social/@acme@acme.example", "host_of_another_network"),
        ("facebook", "facebook.com/p/100064", "not_a_profile"),
        ("facebook", "facebook.com/profile.php?id=&id=100064", "reserved_handle"),
    ],
)
def test_what_is_just_refused(network, handle, reason):
    assert refusal(NETWORKS[network], handle) == reason


@pytest.mark.parametrize(
    ("url", "network", "written", "address"),
    [
        (
            "https://de.linkedin.com/company/Acme-GmbH/about/",
            "linkedin", "company/Acme-GmbH", "https://www.linkedin.com/company/acme-gmbh",
        ),
        (
            "bsky.app/profile/did:web:acme.example",
            "bluesky", "did:web:acme.example", "https://bsky.app/profile/did:web:acme.example",
        ),
        ("@Acme@mastodon.social", "mastodon", "@Acme@mastodon.social", "https://mastodon.social/@acme"),
    ],
)  # fmt: skip
def test_what_an_address_is_written_as(url, network, written, address):
    found, handle = recognise(known(), url)
    assert (found.key, handle.written, handle.url) == (network, written, address)


def test_a_beginning_that_every_handle_has_is_asked_for_without_regard_to_case():
    network = a_network(starts="Ac")
    assert canonical(network, "ACME").canonical == "acme"
    assert canonical(network, "aC").canonical == "ac"
    assert refusal(network, "bacme") == "bad_start"


def test_a_page_of_the_network_is_no_account_under_a_label_either():
    assert refusal(a_network(label="p/"), "p/home") == "reserved_handle"


def test_where_hosts_have_accounts_at_their_roots():
    network, handle = recognise([at_hosts()], "@Foo@acme.example")
    assert (network.key, handle.canonical, handle.url) == ("acme", "foo@acme.example", "https://acme.example/foo")


def test_beside_its_address_a_handle_may_have_an_at_sign_that_alone_it_may_not():
    network = at_hosts(at=False)
    assert canonical(network, "@foo@acme.example", "https://acme.example/foo").canonical == "foo@acme.example"
    assert refusal(network, "@foo@acme.example") == "not_a_profile"


LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
HALVES = "\uffa1\uffc2"  # letters of half the width, of which two make one syllable
SHORTENED = ".".join([HALVES * 30] * 4 + ["acme.example"])


def refused_host(name):
    with pytest.raises(BadHandle) as caught:
        domain(name)
    return caught.value.reason == "bad_host"


def test_a_domain_name_has_at_most_253_characters():
    assert domain(LONGEST) == domain(LONGEST + ".") == LONGEST
    assert refused_host(LONGEST + "d")


def test_a_domain_name_is_never_cut_short_to_that_of_another():
    assert len(SHORTENED) == 256
    assert domain(SHORTENED) == ".".join(["xn--o39" + "a" * 30] * 4 + ["acme.example"])
    assert refused_host(SHORTENED + "s")
    assert refused_host(SHORTENED + ".evil.example")


def test_a_domain_name_in_letters_of_other_scripts_has_one_form_in_ascii():
    assert domain("B\u00dcCHER.example") == "xn--bcher-kva.example"
    assert domain("\uff41cme.\uff25xample") == "acme.example"
    assert refused_host("\u0301cme.example")


def test_what_ends_in_a_number_is_an_address_and_no_name():
    assert all(refused_host(name) for name in ("acme.example.7", "acme.example.0x7f", "acme.7."))
    assert domain("7.8.example") == "7.8.example"


def refused_address(*texts):
    """The reasons for which they are refused."""
    reasons = set()
    for text in texts:
        with pytest.raises(BadHandle) as caught:
            read_address(text)
        reasons.add(caught.value.reason)
    return reasons


def test_an_address_is_taken_apart():
    assert read_address("acme.example") == Address("acme.example", (), "")
    assert read_address("http://acme.example:80//a/b?c=d#e") == Address("acme.example", ("a", "b"), "c=d")
    assert read_address("https://acme.example/a?next=https://b.example") == Address(
        "acme.example", ("a",), "next=https://b.example"
    )


def test_addresses_that_are_none():
    assert refused_address("acme.example/a b", "acme.example\\a") == {"url_malformed"}
    assert refused_address("B\u00dcCHER.EXAMPLE://acme", "ftp://acme.example", "mailto:acme.example") == {"url_scheme"}
    assert refused_address("bob@acme.example", "https://acme.example@b.example/a") == {"url_userinfo"}
    assert refused_address("acme.example:81/a") == {"url_port"}
    assert refused_address("acme.example/./a", "acme.example/../a", "acme.example/%2e/a") == {"url_path"}
    assert refused_address("acme.example/%4", "acme.example/%ff") == {"url_escape"}
    assert refused_address("acme.example/%e2%80%8b") == {"invisible_character"}


def test_what_is_not_clean():
    for text, reason in (
        ("", "empty"),
        (" \u00a0", "empty"),
        ("a\u3164b", "invisible_character"),
        ("\n", "control_character"),
    ):
        with pytest.raises(BadHandle) as caught:
            clean(text)
        assert caught.value.reason == reason


def test_a_text_has_at_most_2048_characters():
    assert clean("a" * 2048) == "a" * 2048
    with pytest.raises(BadHandle):
        clean("a" * 2049)


def test_a_refused_handle_says_the_same_of_its_field():
    one = BadHandle("empty", "A handle is needed.")
    assert (one.reason, str(one)) == ("empty", "A handle is needed.")
    assert one.errors == (FieldError("/handle", "empty", "A handle is needed."),)


@pytest.mark.parametrize(
    ("member", "text"), [("/key", "/key must be a word"), ("", "the network must be a word")]
)  # fmt: skip
def test_a_refused_network_names_the_member_at_fault(member, text):
    one = BadNetwork(member, "must be a word")
    assert (one.member, str(one), one.errors) == (member, text, (FieldError(member, "bad_network", text),))
