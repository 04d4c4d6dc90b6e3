"""The campaign's own parts: schedules that can be replayed, a history that can be read again, a proxy that does as told."""

import asyncio
import json
import socket
import threading
from collections import Counter
from contextlib import closing, suppress

import pytest

from benchmarks.campaign import history, schedule
from benchmarks.campaign.broken.crashing import POINTS
from benchmarks.campaign.cluster import Proxy
from benchmarks.campaign.http1 import Connection, Lost, NotSent
from benchmarks.campaign.schedule import KINDS, SMOKE, SOAK


def test_a_schedule_is_the_same_for_a_seed_and_after_reading_it_again(tmp_path):
    drawn = schedule.draw(7, 300, SOAK, 3)
    schedule.write(tmp_path / "schedule.jsonl", drawn)
    assert (
        schedule.read(tmp_path / "schedule.jsonl")
        == drawn
        == schedule.draw(7, 300, SOAK, 3)
        != schedule.draw(8, 300, SOAK, 3)
    )


def test_in_an_hour_there_is_much_of_every_kind():
    found = schedule.draw(1, 3600, SOAK, 3)
    times = Counter(one.kind for one in found)
    assert set(times) == set(SOAK) and min(times.values()) >= 12, times
    assert {one.detail.rpartition(":")[0] for one in found if one.kind == "crash"} == set(POINTS)
    assert all(1 <= one.seconds <= 8 for one in found)


@pytest.mark.parametrize("kinds", [SMOKE, SOAK])
def test_no_two_faults_are_done_to_the_same_at_once(kinds):
    found = schedule.draw(3, 600, kinds, 3)
    overlaps = 0
    for n, one in enumerate(found):
        for other in found[n + 1 :]:
            if other.at < one.at + one.seconds:
                overlaps += 1
                assert KINDS[one.kind] != KINDS[other.kind], (one, other)
    assert overlaps
    calm = [one for one in found if one.at % 60 > 60 - schedule.CALM + 8]
    assert not calm


def test_every_line_is_died_at_by_a_replica_that_is_back():
    found = schedule.lines(3)
    assert {one.detail.rpartition(":")[0] for one in found} == set(POINTS)
    assert all(
        other.at - one.at >= 45 for one, other in zip(found, found[3:], strict=False) if one.replica == other.replica
    )
    assert [one.replica for one in found[:4]] == [0, 1, 2, 0]


def test_kinds_are_equally_often():
    times = Counter(one.kind for one in schedule.draw(1, 3600, SOAK, 3))
    assert min(times.values()) >= 30 and max(times.values()) - min(times.values()) <= 2, times


def test_a_history_is_read_as_it_was_written(tmp_path):
    lines = [
        history.Line(1.0, "invoke", 0, "ask-0-1", "ask", 1, 2, {"who": "w"}),
        history.Line(1.2, "ok", 0, "ask-0-1", "ask", 1, 2, {}, 201, 8, "", {"id": "r"}),
    ]
    with history.Recorder(tmp_path / "history.jsonl") as recorder:
        for line in lines:
            recorder.write(line)
    assert history.read(tmp_path / "history.jsonl") == lines == recorder.lines


class Echo:
    """Answers one request a connection, at once, and counts what came."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.came = self.socket.getsockname()[1], 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, suppress(OSError):
            while connection.recv(65536):
                self.came += 1
                body = json.dumps({"came": self.came}).encode()
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nCoe-Revision: 5\r\n\r\n" % len(body) + body
                )


@pytest.fixture
def echo():
    made = Echo()
    with closing(made.socket):
        yield made


@pytest.fixture
def proxy(echo):
    made = Proxy(["way"])
    made.order("way", target=echo.port)
    yield made
    made.close()


def call(port, within=5.0):
    async def ask():
        connection = Connection(port)
        try:
            return await connection.call("GET", "/", {}, None, within)
        finally:
            connection.close()

    return asyncio.run(ask())


def test_the_proxy_lets_through_and_can_be_cut_off_and_mended(echo, proxy):
    port = proxy.ports["way"]
    assert call(port).body == {"came": 1}
    proxy.order("way", mode="cut")
    with pytest.raises(Lost):
        call(port)
    assert echo.came == 1
    proxy.order("way", mode="open")
    assert call(port).headers["coe-revision"] == "5"


def test_a_deaf_way_passes_on_what_it_kept_when_it_hears_again(echo, proxy):
    async def ask():
        connection = Connection(proxy.ports["way"])
        await connection.call("GET", "/", {}, None, 5)
        proxy.order("way", mode="deaf")
        waiting = asyncio.create_task(connection.call("GET", "/", {}, None, 5))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        proxy.order("way", mode="open")
        answer = await waiting
        connection.close()
        return answer

    assert asyncio.run(ask()).body == {"came": 2}


def test_orders_from_several_threads_are_answered_each(proxy):
    """Each reads one line; whoever reads beside another may throw away what is the other's, and wait for ever."""
    threads = [threading.Thread(target=lambda: [proxy.order("way") for _ in range(300)], daemon=True) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert not any(one.is_alive() for one in threads)


def test_a_reset_ends_connections_and_nothing_else(echo, proxy):
    async def ask():
        connection = Connection(proxy.ports["way"])
        await connection.call("GET", "/", {}, None, 5)
        proxy.order("way", reset=True)
        with pytest.raises(Lost):
            await connection.call("GET", "/", {}, None, 5)
        answer = await connection.call("GET", "/", {}, None, 5)
        connection.close()
        return answer

    assert asyncio.run(ask()).status == 200


def test_what_was_never_sent_is_told_from_what_was_lost(echo):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        with pytest.raises(Lost, match="timeout"):
            call(silent.getsockname()[1], 0.2)
        port = silent.getsockname()[1]
    with pytest.raises(NotSent):
        call(port)
