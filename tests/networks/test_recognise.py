"""Addresses: which account they name, and which tricks are refused."""

import pytest

from app.networks.rules import BadHandle, UnknownNetwork, canonical, known, recognise

NETWORKS = {network.key: network for network in known()}


def recognised(url: str) -> tuple[str, str]:
    network, handle = recognise(known(), url)
    return network.key, handle.canonical


def refusal_of(url: str) -> str:
    with pytest.raises((BadHandle, UnknownNetwork)) as caught:
        recognise(known(), url)
    return caught.value.reason if isinstance(caught.value, BadHandle) else caught.value.code


@pytest.mark.parametrize(
    "spelling",
    [
        "https://twitter.com/Foo",
        "x.com/foo/",
        "http://www.x.com/foo?lang=en",
        "HTTPS://X.COM/FOO#top",
        "//mobile.twitter.com//foo",
        "https://x.com.:443/%66oo",
        "x.com:443/foo/with_replies",
        "https://x.com/intent/user?screen_name=foo",
    ],
)
def test_spellings_of_one_account_on_x(spelling: str) -> None:
    assert recognised(spelling) == ("x", "foo")
    assert canonical(NETWORKS["x"], "@FOO", spelling).canonical == "foo"
    assert canonical(NETWORKS["x"], " @FOO ").url == "https://x.com/foo"


@pytest.mark.parametrize(
    ("url", "network", "expected"),
    [
        ("https://m.facebook.com/Acme.Corp/about", "facebook", "acmecorp"),
        ("fb.com/profile.php?id=100064", "facebook", "100064"),
        ("https://www.facebook.com/people/Acme-Corp/100064", "facebook", "100064"),
        ("https://www.facebook.com/pages/Acme/100064?ref=x", "facebook", "100064"),
        ("https://www.facebook.com/Acme-Corp-100064/", "facebook", "100064"),
        ("https://www.facebook.com/p/Acme-Corp-100064/", "facebook", "100064"),
        ("https://instagr.am/Acme.Corp_/", "instagram", "acme.corp_"),
        ("https://www.threads.net/@Acme", "threads", "acme"),
        ("https://www.threads.com/@Acme/replies", "threads", "acme"),
        ("https://de.linkedin.com/company/Acme-GmbH/about/", "linkedin", "company/acme-gmbh"),
        ("https://www.linkedin.com/in/jos%C3%A9-p", "linkedin", "in/josé-p"),
        ("linkedin.com/school/acme", "linkedin", "school/acme"),
        ("linkedin.com/showcase/acme", "linkedin", "showcase/acme"),
        ("https://www.youtube.com/@Acme/videos", "youtube", "acme"),
        ("https://m.youtube.com/c/Acme", "youtube", "acme"),
        ("https://www.youtube.com/user/Acme", "youtube", "user/acme"),
        ("https://www.tiktok.com/@Acme?lang=de", "tiktok", "acme"),
        ("https://mastodon.social/@Acme", "mastodon", "acme@mastodon.social"),
        ("https://www.youtube.com/@watch", "youtube", "watch"),
        ("https://www.mastodon.social/@Acme", "mastodon", "acme@mastodon.social"),
        ("https://mastodon.social/users/Acme", "mastodon", "acme@mastodon.social"),
        ("https://mastodon.social/@Acme@fosstodon.org", "mastodon", "acme@fosstodon.org"),
        ("@Acme@MASTODON.social", "mastodon", "acme@mastodon.social"),
        ("https://bsky.app/profile/Acme.bsky.social", "bluesky", "acme.bsky.social"),
        ("bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur", "bluesky", "did:plc:z72i7hdynmk6r22z27h6tvur"),
        ("bsky.app/profile/did:web:acme.example", "bluesky", "did:web:acme.example"),
        ("https://www.pinterest.co.uk/acme/_saved/", "pinterest", "acme"),
        ("https://old.reddit.com/r/Acme/top", "reddit", "r/acme"),
        ("https://www.reddit.com/u/Acme", "reddit", "u/acme"),
        ("https://www.snapchat.com/add/Acme", "snapchat", "acme"),
    ],
)
def test_addresses_of_every_network(url: str, network: str, expected: str) -> None:
    assert recognised(url) == (network, expected)
    assert canonical(NETWORKS[network], expected).canonical == expected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://x.com@evil.example/foo", "url_userinfo"),
        ("https://x.com:pw@evil.example/foo", "url_userinfo"),
        ("https://evil.example/x.com/foo", "unknown_network"),
        ("https://x.com.evil.example/foo", "unknown_network"),
        ("https://evilx.com/foo", "unknown_network"),
        ("https://\u0445.com/foo", "unknown_network"),
        ("https://xn--x-1tb.com/foo", "unknown_network"),
        ("https://x.com\\@evil.example/foo", "url_malformed"),
        ("https://x.com/fo o", "url_malformed"),
        ("https://x.com\uff0ffoo", "bad_host"),
        ("https://x\u3002com/home", "reserved_handle"),
        ("https://\uff58.com/home", "reserved_handle"),
        ("https://x.com:8443/foo", "url_port"),
        ("x.com:8443/foo", "url_port"),
        ("javascript:alert(1)", "url_scheme"),
        ("javascript://x.com/foo", "url_scheme"),
        ("data:text/html,x", "url_scheme"),
        ("ftp://x.com/foo", "url_scheme"),
        ("https:/x.com/foo", "url_scheme"),
        ("https:///x.com/foo", "bad_host"),
        ("https://[::1]/foo", "bad_host"),
        ("https://127.0.0.1/foo", "bad_host"),
        ("https://x.com../foo", "bad_host"),
        ("https://x.com", "not_a_profile"),
        ("https://x.com/foo/status/1", "not_a_profile"),
        ("https://x.com/foo/media/media", "not_a_profile"),
        ("https://x.com/home", "reserved_handle"),
        ("https://x.com/HOME/", "reserved_handle"),
        ("https://x.com/i/lists/1", "not_a_profile"),
        ("https://x.com/../foo", "url_path"),
        ("https://x.com/%2e%2e/foo", "url_path"),
        ("https://x.com/a%2Ffoo", "bad_character"),
        ("https://x.com/%2566oo", "bad_character"),
        ("https://x.com/fo%zz", "url_escape"),
        ("https://x.com/%ff", "url_escape"),
        ("https://x.com/foo%00", "control_character"),
        ("https://x.com/foo%E2%80%8B", "invisible_character"),
        ("https://youtu.be/dQw4w9WgXcQ", "not_a_profile"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "reserved_handle"),
        ("https://www.youtube.com/channel/ucpi9ao1cr1nxeud2r-usrjq", "bad_start"),
        ("https://www.youtube.com/channel/UCPI9ao1Cr1nxEUD2r-usRj", "too_short"),
        ("https://www.youtube.com/channel/UC" + "\u0430" * 22, "bad_character"),
        ("https://www.facebook.com/profile.php?id=1&id=2", "reserved_handle"),
        ("https://www.facebook.com/profile.php", "reserved_handle"),
        ("https://www.facebook.com/groups/acme", "not_a_profile"),
        ("https://www.threads.net/acme", "not_a_profile"),
        ("https://www.tiktok.com/@acme/video/1", "not_a_profile"),
        ("https://mastodon.social/@acme/113", "not_a_profile"),
        ("https://social.example/@acme", "unknown_network"),
        ("@acme@social.example", "unknown_network"),
        ("@acme", "bad_host"),
        ("https://blog.acme.example/news", "unknown_network"),
        ("", "empty"),
        ("https://x.com/" + "a" * 3000, "too_long"),
    ],
)
def test_addresses_refused(url: str, reason: str) -> None:
    assert refusal_of(url) == reason


def test_an_instance_is_recognised_when_the_caller_knows_it() -> None:
    network, handle = recognise(known(), "https://social.example/@Acme", {"social.example"})
    assert (network.key, handle.canonical, handle.url) == (
        "mastodon",
        "acme@social.example",
        "https://social.example/@acme",
    )
