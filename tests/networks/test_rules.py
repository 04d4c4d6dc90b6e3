"""Handles: one account has one form, tricks are refused, look-alikes are alike."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.networks.rules import (
    BadHandle,
    Network,
    canonical,
    known,
    recognise,
    skeleton,
)
from app.networks.rules.text import fold

NETWORKS = {network.key: network for network in known()}


def one_form(network: str, handle: str, url: str | None = None) -> str:
    return canonical(NETWORKS[network], handle, url).canonical


def recognised(url: str) -> tuple[str, str]:
    network, handle = recognise(known(), url)
    return network.key, handle.canonical


def refusal(network: str, handle: str, url: str | None = None) -> str:
    with pytest.raises(BadHandle) as caught:
        canonical(NETWORKS[network], handle, url, others=known())
    return caught.value.reason


# Rows of a real inventory: official accounts of members of the U.S. Congress, from the public-domain (CC0 1.0) data set
# unitedstates/congress-legislators. Network, handle, address as exported, canonical handle.
REAL = [
    ("x", "Robert_Aderholt", "https://x.com/Robert_Aderholt", "robert_aderholt"),
    ("facebook", "RobertAderholt", "https://www.facebook.com/RobertAderholt", "robertaderholt"),
    ("youtube", "RobertAderholt", "https://www.youtube.com/RobertAderholt", "robertaderholt"),
    (
        "facebook",
        "USCongressmanVicenteGonzalez",
        "https://www.facebook.com/USCongressmanVicenteGonzalez",
        "uscongressmanvicentegonzalez",
    ),
    *(
        ("youtube", channel, f"https://www.youtube.com/channel/{channel}", channel)
        for channel in (
            "UCPI9ao1Cr1nxEUD2r-usRjQ",
            "UCtVl3kb7Xvt3pY7l6x-M6LA",
            "UC-pvzimyBdpdkcIfsicrfrQ",
            "UC-Y9pFmW4PYGZHkC8lcqSkQ",
            "UCvWY4qKP6--o3pIJY7hhKDg",
            "UCZj99h3-GNKjGGeyp7AJeXw",
            "UCnoP3KLT-HOvzDfC1-I-9lQ",
            "UChAQ4MD-HigmGnImSoAKBVA",
        )
    ),
    *(
        ("mastodon", address, address, address[1:].lower())
        for address in (
            "@RepAdams@mastodon.social",
            "@repbowman@mastodon.social",
            "@RepDonBeyer@mas.to",
            "@Joaquincastrotx@mastodon.social",
            "@CongresswomanNorton@Mastodon.social",
            "@repnormatorres@mstdn.social",
            "@RepTeresaLF@mastodon.social",
        )
    ),
]


@pytest.mark.parametrize(("network", "handle", "url", "expected"), REAL)
def test_rows_of_a_real_inventory_name_one_account_by_handle_and_by_address(
    network: str, handle: str, url: str, expected: str
) -> None:
    account = canonical(NETWORKS[network], handle, url, others=known())
    assert account.canonical == expected
    assert account.written == handle
    assert canonical(NETWORKS[network], handle).canonical == expected
    assert recognised(url) == (network, expected)
    assert recognised(account.url) == (network, expected)


@pytest.mark.parametrize(
    ("network", "handle", "reason"),
    [
        ("x", "", "empty"),
        ("x", "  ", "empty"),
        ("x", "@", "too_short"),
        ("x", "a\u200bb", "invisible_character"),
        ("x", "a\u202eb", "invisible_character"),
        ("x", "a\u00adb", "invisible_character"),
        ("x", "a\U000e0041b", "invisible_character"),
        ("x", "a\u3164b", "invisible_character"),
        ("x", "a\ufe0fb", "invisible_character"),
        ("x", "a\u034fb", "invisible_character"),
        ("x", "a\u2028b", "invisible_character"),
        ("x", "a\nb", "control_character"),
        ("x", "ab\r\n", "control_character"),
        ("x", "a\x00b", "control_character"),
        ("x", "a\ud800b", "lone_surrogate"),
        ("x", "a\ue000b", "unassigned_character"),
        ("x", "a\uffffb", "unassigned_character"),
        ("x", "a" * 16, "too_long"),
        ("x", "a" * 65_536, "too_long"),
        ("x", "a" + "\u0300" * 1_000_000, "too_long"),
        ("x", "ß" * 8, "too_long"),
        ("x", "a\U0001f600b", "bad_character"),
        ("x", "a b", "bad_character"),
        ("x", "a-b", "bad_character"),
        ("x", "<script>", "bad_character"),
        ("x", "{{7*7}}", "bad_character"),
        ("x", "\u0300a", "bad_edge"),
        ("x", "home", "reserved_handle"),
        ("x", "https://www.facebook.com/acme", "url_of_another_host"),
        ("instagram", ".acme", "bad_edge"),
        ("instagram", "acme.", "bad_edge"),
        ("instagram", "ac..me", "doubled_character"),
        ("facebook", "...", "too_short"),
        ("mastodon", "acme", "missing_instance"),
        ("mastodon", "acme@localhost", "bad_host"),
        ("mastodon", "acme@a.example@b.example", "bad_host"),
        ("mastodon", "acme@threads.net", "host_of_another_network"),
        ("bluesky", "acme", "bad_host"),
        ("bluesky", "-acme.example", "bad_host"),
        ("blog", "https://x.com/foo", "host_of_another_network"),
        ("blog", "https://t.co/foo", "host_of_another_network"),
        ("blog", "blog", "bad_host"),
        ("blog", "http://0x7f.0x1/", "bad_host"),
        ("blog", "https://acme.example:8443/", "url_port"),
        ("blog", "acme.example/" + "a" * 600, "too_long"),
        ("blog", "acme.example/?" + "q" * 3000, "too_long"),
        ("youtube", "a" * 40, "too_long"),
        ("linkedin", "in/ab", "too_short"),
    ],
)
def test_handles_refused(network: str, handle: str, reason: str) -> None:
    """Attacks E02, E07."""
    assert refusal(network, handle) == reason


def test_a_refusal_names_the_field_and_its_code() -> None:
    with pytest.raises(Invalid) as caught:
        canonical(NETWORKS["x"], "a b")
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/handle", "bad_character")]
    assert "U+0020" in str(caught.value)


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("Cafe\u0301", "caf\u00e9"),
        ("\uff21\uff43\uff4d\uff45", "acme"),
        ("\u1d2ccme", "acme"),
        ("\u212aelvin", "kelvin"),
        ("Stra\u00dfe", "strasse"),
        ("STRA\u1e9eE", "strasse"),
        ("\u017fun", "sun"),
        ("I\u0307stanbul", "i\u0307stanbul"),
        ("\u0130stanbul", "i\u0307stanbul"),
        ("d\u0131g", "d\u0131g"),
        ("\u0430cme", "\u0430cme"),
        ("\u0410cme", "\u0430cme"),
    ],
)
def test_unicode_has_one_stored_form(handle: str, expected: str) -> None:
    """Attack E03."""
    for spelling in (handle, unicodedata.normalize("NFD", handle), unicodedata.normalize("NFC", handle)):
        assert one_form("x", spelling) == expected


def test_the_written_form_is_kept_in_nfc() -> None:
    assert canonical(NETWORKS["x"], "\u00a0@Cafe\u0301 ").written == "@Caf\u00e9"


def test_canonically_equal_texts_fold_alike() -> None:
    """Attack E03."""
    assert fold("\u1fb3\u0304") == fold("\u03b1\u0304\u0345")


def test_case_counts_in_channel_ids_only() -> None:
    assert one_form("youtube", "UC-pvzimyBdpdkcIfsicrfrQ") != one_form("youtube", "UC-pvzimyBdpdkcIfsicrfrq")
    assert one_form("youtube", "@UC-pvzimyBdpdkcIfsicrfrQ") == "uc-pvzimybdpdkcifsicrfrq"
    assert one_form("youtube", "AcMe") == one_form("youtube", "@acme")


def test_full_stops_do_not_count_on_facebook_only() -> None:
    assert one_form("facebook", "John.Smith.55") == one_form("facebook", "johnsmith55")
    assert one_form("instagram", "john.smith") != one_form("instagram", "johnsmith")


def test_name_spaces_of_one_network_stay_apart() -> None:
    assert one_form("linkedin", "acme") == one_form("linkedin", "Company/Acme") == "company/acme"
    assert one_form("linkedin", "acme", "https://linkedin.com/in/acme") == "in/acme"
    assert one_form("youtube", "acme", "https://www.youtube.com/user/acme") == "user/acme"
    assert one_form("reddit", "acme") == "u/acme"


@pytest.mark.parametrize(
    ("network", "handle", "url"),
    [
        ("x", "foo", "https://x.com/bar"),
        ("linkedin", "in/acme", "https://linkedin.com/company/acme"),
        ("youtube", "acme", "https://www.youtube.com/channel/UCPI9ao1Cr1nxEUD2r-usRjQ"),
        ("mastodon", "acme@mas.to", "https://mastodon.social/@acme"),
        ("blog", "a.example", "https://b.example"),
    ],
)
def test_handle_and_address_must_name_one_account(network: str, handle: str, url: str) -> None:
    assert refusal(network, handle, url) == "url_mismatch"


def test_the_address_must_be_at_the_network() -> None:
    assert refusal("x", "foo", "https://evil.example/foo") == "url_of_another_host"
    assert refusal("x", "foo", "https://t.co/foo") == "not_a_profile"
    assert one_form("x", "foo", "") == "foo"


def test_an_instance_may_come_from_the_address() -> None:
    account = canonical(NETWORKS["mastodon"], "@Acme", "https://social.example/@acme")
    assert (account.canonical, account.written) == ("acme@social.example", "@Acme")
    assert one_form("mastodon", "social.example/@Acme") == "acme@social.example"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://WWW.Acme.example/News/", "acme.example/News"),
        ("acme.example./News?p=1#top", "acme.example/News"),
        ("http://acme.example//%4eews", "acme.example/News"),
        ("acme.example/caf\u00e9", "acme.example/caf%C3%A9"),
        ("acme.example/cafe%cc%81", "acme.example/caf%C3%A9"),
        ("acme.example/a%2fb", "acme.example/a%2Fb"),
        ("https://b\u00fccher.example", "xn--bcher-kva.example"),
        ("https://B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    ],
)
def test_a_blog_is_its_host_and_path(written: str, expected: str) -> None:
    account = canonical(NETWORKS["blog"], written, others=known())
    assert (account.canonical, account.url) == (expected, f"https://{expected}")
    assert one_form("blog", account.url, written) == expected


@pytest.mark.parametrize(
    ("network", "one", "other"),
    [
        ("x", "acme", "\u0430cme"),
        ("x", "acme", "\u0410\u0421\u041c\u0415"),
        ("x", "acme", "\u04d1cme"),
        ("x", "Home_Depot", "\u0397\u043eme_Dep\u03bft"),
        ("x", "paypal", "PayPaI"),
        ("x", "paypal", "paypa1"),
        ("x", "google", "g00gle"),
        ("x", "walmart", "wa\u0131mart"),
        ("x", "walmart", "walrnart"),
        ("x", "wave", "vvave"),
        ("x", "peru", "per\u00fa"),
        ("x", "istanbul", "\u0130stanbul"),
        ("youtube", "acme", "user/acme"),
        ("blog", "paypal.example", "p\u0430ypal.example"),
        ("blog", "paypal.example", "xn--pypal-4ve.example"),
        ("mastodon", "acme@mas.to", "@\u0430cme@mas.to"),
    ],
)
def test_look_alikes_differ_and_are_alike(network: str, one: str, other: str) -> None:
    """Attack E01."""
    first, second = canonical(NETWORKS[network], one), canonical(NETWORKS[network], other)
    assert first.canonical != second.canonical
    assert first.skeleton == second.skeleton


@pytest.mark.parametrize(("one", "other"), [("acme", "acne"), ("acme", "acme_"), ("\u0915\u0940", "\u0915\u093e")])
def test_what_does_not_look_alike(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=40))
def test_folding_and_looking_are_stable(text: str) -> None:
    """Attack E04."""
    assert fold(fold(text)) == fold(text)
    assert skeleton(skeleton(text)) == skeleton(text)


LETTERS = st.characters(categories=["L", "Nd", "Mn"]) | st.sampled_from(
    "aAiIsK\u00e9\u00df\u0131\u017f\u03a30189._-@/:%UC"
)


@settings(max_examples=300)
@given(st.sampled_from(known()), st.text(LETTERS, max_size=25))
def test_whatever_is_accepted_is_stable_and_leads_back(network: Network, text: str) -> None:
    handle = text + "@mas.to" if network.key == "mastodon" else text + ".example" if network.key == "blog" else text
    try:
        account = canonical(network, handle)
    except BadHandle:
        return
    assert canonical(network, account.canonical).canonical == account.canonical
    assert canonical(network, account.canonical, account.url).url == account.url
    if network.key != "blog":
        assert recognise(known(), account.url)[1].canonical == account.canonical


@given(st.text(max_size=60) | st.builds("https://x.com/{}".format, st.text(max_size=30)))
def test_any_text_is_answered_or_refused_never_worse(text: str) -> None:
    for network in known():
        with suppress(Invalid):
            assert canonical(network, text, text).canonical
        with suppress(Invalid):
            assert recognise(known(), text)[1].canonical
