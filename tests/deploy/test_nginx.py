"""nginx in front of what publishes, as the example has it: what gets through is what was permitted, and nothing else."""

import base64
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from app.clients import service as clients
from app.clients import store
from app.clients.rules import digest
from app.kernel.access import operator_work
from tests.deploy.conftest import EXAMPLES, answers, free_ports, needed, running

MINE, OTHER = "/post/x/alder_nordics", "/post/instagram/alder.nordics"
WHO = "liaison2@demo.example"
"""May publish on the first, and not on the second."""


class Upstream:
    """What publishes: it remembers what got through."""

    def __init__(self):
        self.got = got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(
                    (self.path, self.headers["X-Employee"], self.rfile.read(int(self.headers["Content-Length"])))
                )
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def upstream():
    made = Upstream()
    yield made
    made.close()


@pytest.fixture
def gateway(served, upstream, folder):
    """nginx with the example's own configuration, on free ports; the service is not there yet."""
    needed("nginx")
    (port,) = free_ports(1)
    conf = (EXAMPLES / "nginx" / "nginx.conf").read_text()
    for said, there in (("127.0.0.1:8000", served.port), ("127.0.0.1:8080", port), ("127.0.0.1:9000", upstream.port)):
        assert f" {said};" in conf
        conf = conf.replace(f" {said};", f" 127.0.0.1:{there};")
    at = folder / "nginx"
    at.mkdir()
    (at / "nginx.conf").write_text(conf)
    bearer = served.client("decisions", gateway=True)
    (at / "coe-token.conf").write_text(f'proxy_set_header Authorization "Bearer {bearer}";\n')
    (at / "people.htpasswd").write_text("".join(f"{who}:{{PLAIN}}demo\n" for who in (WHO, "a b", "x@y")))
    log = at / "said.log"
    command = ["nginx", "-e", "error.log", "-p", at, "-c", "nginx.conf", "-g", "daemon off;"]
    with running(command, at, log) as process:
        answers(f"http://127.0.0.1:{port}/", process, log)
        yield SimpleNamespace(port=port, bearer=bearer, folder=at)


def post(gateway, target=MINE, who=WHO, password="demo", method="POST", body=b"Hello.", **headers):
    """One request, its target as it is: status, and what was said of it."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if who:
        sent["Authorization"] = "Basic " + base64.b64encode(f"{who}:{password}".encode()).decode()
    connection.request(method, target, body, sent)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def refused(reasons):
    return 403, f'{{"code": "not_permitted", "reasons": "{reasons}"}}\n'


UNANSWERED = (503, '{"code": "unavailable"}\n')


def test_what_is_permitted_gets_through_and_nothing_else(served, gateway, upstream):
    assert post(gateway) == UNANSWERED  # nobody decides yet
    with served.serving():
        assert post(gateway)[0] == 201
        assert post(gateway, OTHER) == refused("no_grant")
        assert post(gateway, "/post/x/nobody_at_all") == refused("account_unknown")
        assert post(gateway, who="x@y") == refused("subject_unknown")
        _nothing_but_the_login_says_who(gateway)
        _no_other_address_means_the_same(gateway, upstream)
        _a_revocation_counts_at_once(served, gateway)
    assert post(gateway) == UNANSWERED
    assert {one[:2] for one in upstream.got} == {(MINE, WHO)}


def _nothing_but_the_login_says_who(gateway):
    assert post(gateway, who=None)[0] == 401
    assert post(gateway, password="other")[0] == 401
    assert post(gateway, who=None, Authorization=f"Bearer {gateway.bearer}")[0] == 401
    claimed = {
        "X_Coe_Subject": WHO,
        "X_Coe_Account": "x:alder_nordics",
        "X_Coe_Right": "publish",
        "X_Coe_Content_SHA256": "z",
    }
    assert post(gateway, OTHER, **claimed) == refused("no_grant")
    assert post(gateway, who="x@y", **claimed) == refused("subject_unknown")
    assert post(gateway, who="a b")[0] == 503  # no name that can be asked about: no permit
    for method in ("GET", "PUT", "HEAD", "DELETE"):
        assert post(gateway, method=method)[0] == 405
    assert post(gateway, "/coe-check", method="GET")[0] == 404


def _no_other_address_means_the_same(gateway, upstream):
    """However it is spelled, what is published on is what was asked about."""
    before = len(upstream.got)
    for target in (
        f"/post/x/../instagram/alder.nordics/../../..{MINE}",
        "/post/x/%61lder_nordics",
        f"//post{MINE[5:]}",
    ):
        assert post(gateway, target)[0] == 201, target
    assert {one[0] for one in upstream.got[before:]} == {MINE}
    for target in (
        f"{MINE}/", f"{MINE}%0d%0aX-Coe-Account:x", f"{MINE}%00", "/post/x/alder_nordics%22,%22", "/post/x", "/", "/post/x/a%2fb",
        f"{MINE}/../../instagram/alder.nordics%20",
    ):  # fmt: skip
        assert post(gateway, target)[0] in (400, 404), target


def _a_revocation_counts_at_once(served, gateway):
    def call(method, path, body=None):
        return served.call(method, path, "liaison2", body)

    (held,) = [one for one in call("GET", "/v1/me")["grants"] if one["right"] == "publish"]
    assert post(gateway)[0] == 201
    call("POST", f"/v1/grants/{held['id']}/revoke", {"reason": "Over."})
    assert post(gateway) == refused("grant_revoked")


def test_a_gateway_whose_token_is_not_good_lets_nothing_through(served, gateway, upstream):
    with served.serving():
        assert post(gateway)[0] == 201
        with operator_work(served.house) as work:
            clients.revoke_client(work, store.find_static(work.session, digest(gateway.bearer)).client_id)
        assert post(gateway)[0] == 401
    assert len(upstream.got) == 1
