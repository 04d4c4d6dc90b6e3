"""Calling addresses that others gave us: whatever could be our own network is refused, however it is spelled."""

import socket
import ssl
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.kernel import outbound
from app.kernel.outbound import Answer, Outside, Unreachable, UrlNotAllowed, is_public, post, target, vetted

OUTSIDE = Outside("https://coe.example.com")
INSIDE = Outside("http://127.0.0.1:8000")
INNER = """
0.0.0.0 0.255.255.255 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 169.254.0.1
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254 ::169.254.169.254 ::127.0.0.1 64:ff9b::a9fe:a9fe
64:ff9b:1::a9fe:a9fe 100::1 2001::1 2001:0:a9fe:a9fe:: 2001:10::1 2001:20::1 2001:db8::1 2002:a9fe:a9fe:: 2002:7f00:1::
3ffe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 2606:4700::1111%eth0 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
""".split()


@pytest.mark.parametrize("address", INNER)
def test_no_address_of_ours_is_called_nor_a_way_round_to_one(address):
    """Attack G01."""
    assert not is_public(ip_address(address))
    to = target("https://tool.example.com/", OUTSIDE)
    with pytest.raises(Unreachable, match="is not called"):
        vetted(to, lambda host, port: [address])
    if "%" not in address:
        with pytest.raises(UrlNotAllowed):
            target(f"https://[{address}]/" if ":" in address else f"https://{address}/", OUTSIDE)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00::1"]
)
def test_the_rest_of_the_world_is_called(address):
    assert is_public(ip_address(address))
    written = f"https://[{address}]/x" if ":" in address else f"https://{address}/x"
    assert vetted(target(written, OUTSIDE), lambda host, port: [address]) == [address]


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://LOCALHOST/", "https://a.localhost/", "https://localhost./", "https://printer.local/",
        "https://db.internal/", "https://nas.home.arpa/", "https://intranet/", "https://x.corp/", "https://x.test/",
        "https://0177.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://0x7f000001/", "https://127.1/",
        "https://017700000001/", "https://169.254.43518/", "https://1.0x7f/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/",
        "https://[fe80::1%eth0]/", "https://[fe80::1%25eth0]/", "https://[::1]:443/", "https://1.1.1/", "https://256.1.1.1/",
        "https://01.1.1.1/", "https://[1.1.1.1]/", "https://[::1/", "https://a..example.com/", "https://.example.com/",
        "http://tool.example.com/", "http://127.0.0.1:9000/", "file:///etc/passwd", "gopher://tool.example.com/", "ftp://a.example.com/",
        "data:text/plain,x", "//tool.example.com/", "tool.example.com", "", "https://", "https:///x", "https:/tool.example.com/",
        "https://user@tool.example.com/", "https://user:secret@tool.example.com/", "https://tool.example.com@127.0.0.1/",
        "https://tool.example.com:22/", "https://tool.example.com:5432/", "https://tool.example.com:80/", "https://tool.example.com:0/",
        "https://tool.example.com:99999/", "https://tool.example.com:/", "https://tool.example.com:443:443/",
        "https://tool.example.com/#here", "https://tool.example.com/\r\nX: y", "https://tool.example.com/ x", "https://tool.example.com\\x",
        "https://tool.example.com/\\x", "https://tool.example.com/\x00", "https://tool.example.com/ä", "https://tööl.example.com/",
        "https://tool.example.com\n/", " https://tool.example.com/", "https://tool.example.com/ ", "https://tool.example.com?x=1",
        "https://coe.example.com/", "https://COE.example.com/v1/me", "https://coe.example.com:443/", f"https://tool.example.com/{'x' * 2000}",
    ],
)  # fmt: skip
def test_what_is_refused_when_it_is_given(url):
    """Attacks G01, G04."""
    with pytest.raises(UrlNotAllowed) as refused:
        target(url, OUTSIDE, "/callback/endpoint")
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/callback/endpoint", "not_allowed")]


def test_what_is_allowed_is_read_as_it_is_written():
    to = target("HTTPS://Tool.Example.com/Ended?of=1&more=%20", OUTSIDE)
    assert (to.host, to.port, to.path, to.tls) == ("tool.example.com", 443, "/Ended?of=1&more=%20", True)
    assert to.authority == "tool.example.com"
    assert target("https://xn--tl-fka.example.com", OUTSIDE).path == "/"


def test_with_a_list_of_hosts_nothing_else_is_called():
    listed = Outside("https://coe.example.com", frozenset({"tool.example.com", "other.example.com:8443"}))
    assert target("https://tool.example.com/", listed).port == 443
    assert target("https://other.example.com:8443/", listed).authority == "other.example.com:8443"
    for url in ("https://other.example.com/", "https://tool.example.com:8443/", "https://a.tool.example.com/"):
        with pytest.raises(UrlNotAllowed):
            target(url, listed)
    for name in ("127.0.0.1", "localhost", "db.internal", "coe.example.com:8443"):  # a list widens nothing
        with pytest.raises(UrlNotAllowed):
            target(f"https://{name}/", Outside("https://coe.example.com", frozenset({name})))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_to_this_machine_where_we_are_reached_so_ourselves(host):
    assert target(f"http://{host}:9000/x", INSIDE).port == 9000
    for outside in (OUTSIDE, Outside("https://127.0.0.1:8000"), Outside("http://coe.example.com")):
        with pytest.raises(UrlNotAllowed):
            target(f"http://{host}:9000/x", outside)
    with pytest.raises(UrlNotAllowed):
        target(f"http://{host}:8000/x", INSIDE)


def test_plain_http_leads_to_this_machine_only():
    to = target("http://localhost:9000/", INSIDE)
    assert vetted(to, lambda host, port: ["::1", "127.0.0.1"]) == ["::1", "127.0.0.1"]
    with pytest.raises(Unreachable):
        vetted(to, lambda host, port: ["93.184.216.34"])


def test_one_bad_address_among_good_ones_refuses_them_all():
    """Attack G02."""
    to = target("https://tool.example.com/", OUTSIDE)
    with pytest.raises(Unreachable):
        vetted(to, lambda host, port: ["93.184.216.34", "127.0.0.1"])
    for found in ([], ["nonsense"]):
        with pytest.raises(Unreachable):
            vetted(to, lambda host, port: found)

    def nobody(host, port):
        raise socket.gaierror("no such name")

    with pytest.raises(Unreachable, match="no such name"):
        vetted(to, nobody)


# --- calling --------------------------------------------------------------------------------------------------------


@contextmanager
def server(talk):
    """A server that talks as told to whoever connects; answers its address, and what it heard."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def run():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                data = b""
                while b"\r\n\r\nbody" not in data and (more := connection.recv(65536)):
                    data += more
                heard.append(data)
                try:
                    talk(connection)
                except OSError:
                    pass

        thread = Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/ended?of=1", heard
    thread.join(10)


def called(url, **more):
    return post(target(url, INSIDE), b"body", {"X-Own": "1"}, **more)


def test_a_call_is_one_plain_request():
    with server(lambda one: one.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as (url, heard):
        assert called(url) == Answer(204)
    head, _, body = heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /ended?of=1 HTTP/1.1" and body == b"body"
    assert {"Content-Length: 4", "Connection: close", "X-Own: 1"} < set(lines)
    assert f"Host: {url.split('/')[2]}" in lines


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", Answer(200)),
        (b"HTTP/1.0 200\r\n\r\n", Answer(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 201 Created\r\n\r\n", Answer(201)),
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", Answer(302)),
        (b"HTTP/1.1 429 Slow\r\nretry-after:  12 \r\n\r\n", Answer(429, 12)),
        (b"HTTP/1.1 503 No\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n", Answer(503)),
        (b"HTTP/1.1 503 No\r\nRetry-After: -1\r\n\r\n", Answer(503)),
        (b"HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999\r\n\r\n", Answer(503)),
    ],
)
def test_of_an_answer_its_head_is_read(said, answer):
    """Attack G03."""
    with server(lambda one: one.sendall(said)) as (url, _):
        assert called(url) == answer
    assert answer.taken == (answer.status < 300)


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\n", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 999 Odd\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"x" * 100_000],
)  # fmt: skip
def test_what_is_no_answer_is_no_success(said):
    """Attack G05."""
    with server(lambda one: one.sendall(said)) as (url, _), pytest.raises(Unreachable):
        called(url)


class Talking:
    """A connection over which somebody says one thing after the other."""

    def __init__(self, said):
        self.said, self.waits, self.heard = iter(said), [], 0

    def settimeout(self, seconds):
        self.waits.append(seconds)

    def recv(self, most):
        more = next(self.said)
        self.heard += len(more)
        return more

    def sendall(self, data):
        pass

    def getpeername(self):
        return ("127.0.0.1", 9000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize("said", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
def test_of_what_never_ends_so_much_is_heard(monkeypatch, said):
    """Attack G05."""
    one = Talking(said * 40 for _ in range(1000))
    monkeypatch.setattr(outbound.socket, "create_connection", lambda address, timeout: one)
    with pytest.raises(Unreachable, match="no answer in HTTP"):
        called("http://127.0.0.1:9000/")
    assert 65_536 <= one.heard < 70_000


def test_whoever_drips_is_not_waited_for(monkeypatch):
    """Attack G05."""
    one = Talking(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n\r\n")
    ticks = iter(range(0, 1000, 2))  # each look at the clock costs two seconds
    monkeypatch.setattr(outbound.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(outbound.socket, "create_connection", lambda address, timeout: one)
    with pytest.raises(Unreachable, match="in time"):
        called("http://127.0.0.1:9000/")
    assert one.waits == [11, 9, 7, 5, 3, 1], "what is left of the whole, not so long each"


def test_an_address_that_nobody_listens_on_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with pytest.raises(Unreachable):
        called(f"http://127.0.0.1:{port}/")


def test_the_address_that_was_judged_is_dialled_and_its_name_not_looked_up_again(monkeypatch):
    """Attack G02."""
    asked, dialled = [], []

    def look_up(host, port):
        asked.append((host, port))
        return ["93.184.216.34"]

    def dial(address, timeout):
        dialled.append(address)
        raise ConnectionRefusedError("no")

    monkeypatch.setattr(outbound.socket, "create_connection", dial)
    monkeypatch.setattr(outbound.socket, "getaddrinfo", None)
    with pytest.raises(Unreachable):
        post(target("https://tool.example.com/", OUTSIDE), b"", {}, look_up=look_up)
    assert (asked, dialled) == ([("tool.example.com", 443)], [("93.184.216.34", 443)])


def test_a_connection_that_ends_elsewhere_is_dropped(monkeypatch):
    """Attack G02."""

    class Elsewhere:
        closed = False

        def getpeername(self):
            return ("10.0.0.7", 443)

        def close(self):
            Elsewhere.closed = True

    monkeypatch.setattr(outbound.socket, "create_connection", lambda address, timeout: Elsewhere())
    with pytest.raises(Unreachable, match="another address"):
        post(target("https://tool.example.com/", OUTSIDE), b"", {}, look_up=lambda host, port: ["93.184.216.34"])
    assert Elsewhere.closed


def test_the_certificate_is_checked_against_the_name(monkeypatch):
    """Attack G05."""
    seen = {}

    class Context:
        def wrap_socket(self, plain, server_hostname):
            seen["name"] = server_hostname
            raise ssl.SSLCertVerificationError("self-signed certificate")

    def context():
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        seen["checks"] = (made.verify_mode, made.check_hostname)
        return Context()

    a, b = socket.socketpair()

    class Peer:
        def __init__(self, one):
            self.one = one

        def __getattr__(self, name):
            return getattr(self.one, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.one.close()

        def getpeername(self):
            return ("93.184.216.34", 443)

    monkeypatch.setattr(outbound.socket, "create_connection", lambda address, timeout: Peer(a))
    monkeypatch.setattr(outbound.ssl, "create_default_context", context)
    with b, pytest.raises(Unreachable, match="self-signed"):
        post(target("https://tool.example.com/", OUTSIDE), b"", {}, look_up=lambda host, port: ["93.184.216.34"])
    assert seen["name"] == "tool.example.com"


def certificate(name, folder):
    """A file with a key and a certificate of its own for a name."""
    key, called, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(called, called, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / name).write_bytes(private + signed.public_bytes(Encoding.PEM))
    return folder / name


@pytest.mark.parametrize("name", ["tool.example.com", "other.example.com"])
def test_over_tls_a_call_is_for_whoever_has_a_certificate_of_the_name(monkeypatch, tmp_path, name):
    theirs, heard = certificate(name, tmp_path), []
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(theirs)
    trusting = ssl.create_default_context(cafile=theirs)
    ours, peer = socket.socketpair()

    class Peer(socket.socket):
        def getpeername(self):
            return ("93.184.216.34", 443)

    def serve():
        with suppress(OSError), peer, served.wrap_socket(peer, server_side=True) as connection:
            while b"\r\n\r\nbody" not in b"".join(heard):
                heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    monkeypatch.setattr(outbound.socket, "create_connection", lambda *_: Peer(fileno=ours.detach()))
    monkeypatch.setattr(outbound.ssl, "create_default_context", lambda: trusting)
    thread = Thread(target=serve, daemon=True)
    thread.start()
    calling = partial(
        post, target("https://tool.example.com/ended", OUTSIDE), b"body", {}, look_up=lambda *_: ["93.184.216.34"]
    )
    if name == "tool.example.com":
        assert calling().status == 204 and b"POST /ended HTTP/1.1" in b"".join(heard)
    else:
        with pytest.raises(Unreachable, match="certificate"):
            calling()
        assert heard == []
    thread.join(10)


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    """Attack G09."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server(lambda one: one.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as (url, _):
        assert called(url).taken
