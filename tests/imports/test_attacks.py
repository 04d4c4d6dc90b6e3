"""Files made to break an import, as they come over HTTP (trust: 4.D). Each is refused as what it is, and nobody leaves."""

import asyncio
import gzip
import io
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.imports.rules import MAX_FIELD
from app.kernel.sheets import csv_line, guarded, unguarded
from tests.kit import active_numbers

from .bench import HR, hr, text
from .test_runs import PATH, coe, environment, loaded, spooled, upload, work_off

PEOPLE = [hr(f"N{n}") for n in range(1, 6)]
GOOD = text(PEOPLE)


@pytest.fixture
def staff(team):
    """A team that an HR file has filled; everybody else in it is stated by it, too."""
    assert loaded(team, PEOPLE)["state"] == "done"
    return team


def active(team):
    return {one["id"] for one in team.get("/v1/employees?limit=200&active=true", "admin")["items"]}


def refused(team, content, **fields):
    """Why an upload is refused, at once (its status) or by its run; nobody has left and nothing else has changed."""
    before, events = active(team), changes(team)
    answer = upload(team, content, complete="true", **fields)
    told, status = answer.json(), answer.status_code
    if status == 202:
        work_off(team)
        done = team.get(answer.headers["location"], "admin")
        assert done["state"] == "refused", done
        told, status = done["problem"], "run"
    assert (active(team), changes(team), spooled(team)) == (before, events, [])
    return status, told["code"], told["detail"]


def changes(team):
    return [one["seq"] for one in team.events() if one["action"].split(".")[0] not in ("token", "import")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD.encode("utf-16"), "Line 1, byte 1"),
        (GOOD.encode("utf-16-le"), "Line 1, byte 2 of the line: a NUL"),
        (GOOD.encode("utf-16-be"), "Line 1, byte 1 of the line: a NUL"),
        (GOOD.replace("Sales", "Süd").encode("latin-1"), "Line 2, byte"),
        (GOOD.replace("Sales", "“South”").encode("cp1252"), "Line 2, byte"),
        (GOOD.encode() + "N9,Märta,".encode() + "Müller".encode("latin-1") + b"\n", "Line 7, byte"),
    ],
)
def test_d01_an_encoding_other_than_utf_8_is_refused_with_line_and_byte(staff, content, says):
    status, code, detail = refused(staff, content)
    assert (code, status in (422, "run")) == ("file_refused", True) and says in detail


def test_d01_a_byte_order_mark_is_no_matter(staff):
    assert loaded(staff, b"\xef\xbb\xbf" + GOOD.encode())["summary"]["unchanged"] == 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD.replace("N3", "N\x003"), "Line 4, byte 2"),
        (GOOD.replace("\r\n", "\r"), "Line 1: a carriage return"),
        (GOOD.replace("N3,Ann", 'N3,"An\nn"'), "Line 4: a quoted cell goes on"),
        (GOOD.replace("N5,Ann", 'N5,"Ann'), "Line 6: a quote is opened and never closed"),
        (GOOD.replace(",", ";"), "separated by semicolons"),
        (GOOD.replace(",", "\t"), "separated by tabs"),
        (GOOD.replace("N3,Ann", f"N3,{'x' * (MAX_FIELD + 1)}"), "Line 4: a cell is larger"),
        (GOOD.replace("N3,Ann", f"N3,{'x' * 10_000_000}"), "Line 4 is longer"),
        (",".join((*HR, *("x" * 10_000))) + "\n", "10013 columns are more"),
    ],
)
def test_d02_broken_csv_is_refused_with_its_line(staff, content, says):
    _, code, detail = refused(staff, content)
    assert code == "file_refused" and says in detail


def test_d03_headers(staff):
    def headed(change):
        return ",".join(change(list(HR))) + "\n" + "\n".join(GOOD.splitlines()[1:])

    status, _, detail = refused(staff, headed(lambda names: [*names[:-1], "Boss"]))
    assert (status, detail) == (422, "Line 1: the header lacks Manager ID.")
    assert refused(staff, headed(lambda names: [*names[:-1], "Department"]))[0] == 422
    rows = [dict(reversed({**row, "Extra": "?"}.items())) for row in PEOPLE]
    turned = text([{name.upper().replace(" ", "_"): cell for name, cell in row.items()} for row in rows])
    assert loaded(staff, turned)["summary"]["unchanged"] == 5


def test_d04_ids_listed_twice(staff):
    done = loaded(staff, [*PEOPLE, PEOPLE[0], hr("N2", Status="Terminated")])
    assert (done["summary"]["unchanged"], done["summary"]["left"], done["summary"]["rejected"]) == (4, 0, 2)
    rejects = staff.call("GET", f"{PATH}/{done['id']}/rejects", "admin").text
    assert [line.split(",")[:2] for line in rejects.splitlines()[1:]] == [
        ["3", "differing_rows"],
        ["8", "differing_rows"],
    ]
    assert "Lines 3, 8" in rejects


def test_d05_managers(staff):
    rows = [hr("M1", Manager_ID="M2"), hr("M2", Manager_ID="M1"), hr("M3", Manager_ID="M3"), hr("M4", Manager_ID="no")]
    done = loaded(staff, [*rows, hr("M5", Manager_ID="N1")])
    assert (done["summary"]["created"], done["summary"]["rejected"]) == (1, 4)


def framed(content, *, name="people.csv", end=True, **fields):
    parts = [
        f'--here\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()
    ]
    head = f'--here\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    return "".join(parts).encode() + head.encode() + content + (b"\r\n--here--\r\n" if end else b"")


def post(team, body, **headers):
    sent = {"Content-Type": "multipart/form-data; boundary=here", **headers}
    return team.call("POST", PATH, "admin", content=body, headers=sent)


def test_d06_half_a_form_is_none(staff):
    before, whole = active(staff), framed(GOOD.encode(), complete="true")
    for body in (framed(GOOD.encode()[:200], end=False, complete="true"), whole[:-4], whole[:30], b"", b"x"):
        answer = post(staff, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_form"), body
    assert (active(staff), staff.launched, spooled(staff)) == (before, [], [])


def test_d06_a_connection_that_is_cut_leaves_nothing(staff):
    before, heard = active(staff), []
    messages = [
        {"type": "http.request", "body": framed(GOOD.encode())[:400], "more_body": True},
        {"type": "http.disconnect"},
    ]
    asyncio.run(_asgi(staff, messages, heard))
    assert (active(staff), staff.launched, spooled(staff)) == (before, [], [])
    assert [one["status"] for one in heard if one["type"] == "http.response.start"] in ([], [400])


async def _asgi(team, messages, heard, *headers):
    named = [(b"authorization", f"Bearer {team.token('admin')}".encode()), (b"host", b"127.0.0.1:8000")]
    named += [(b"content-type", b"multipart/form-data; boundary=here"), *headers]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "root_path": "",
        "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "headers": named, "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }  # fmt: skip

    async def receive():
        return messages.pop(0)

    async def send(message):
        heard.append(message)

    await team.app(scope, receive, send)


def test_d06_a_file_that_was_cut_short_makes_nobody_leave(staff):
    half = GOOD[: len(GOOD) // 2]
    status, code, _ = refused(staff, half)
    assert (status, code) == ("run", "mass_deactivation_guard")


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", text([], list(HR))])
def test_d07_a_file_with_nobody_in_it_makes_nobody_leave(staff, content):
    for confirmed in ("false", "true"):
        assert refused(staff, content, confirm_leavers=confirmed)[:2] == ("run", "mass_deactivation_guard")


def test_d08_a_file_over_the_limit_is_refused_before_it_is_read_or_as_soon_as_it_is_over(staff):
    spool = staff.app.state.spool
    staff.app.state.spool = type(spool)(spool.folder, 100_000)
    heard = []
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    asyncio.run(_asgi(staff, messages, heard, (b"content-length", b"99999999999")))
    assert heard[0]["status"] == 413
    chunk, heard = framed(GOOD.encode(), end=False), []
    taken = [
        {"type": "http.request", "body": chunk if n == 0 else b"x" * 50_000, "more_body": n < 9} for n in range(10)
    ]
    asyncio.run(_asgi(staff, taken, heard))
    assert heard[0]["status"] == 413 and (b"connection", b"close") in heard[0]["headers"]
    assert (taken, spooled(staff), staff.launched) == ([], [], [])  # heard out, and kept nowhere


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("../../people.csv", GOOD)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (archive(), {}),
        (archive(), {"media_type": "application/octet-stream"}),
        (gzip.compress(b"0" * 10_000_000), {}),
        (gzip.compress(GOOD.encode()), {"name": "people.csv.gz", "media_type": "application/gzip"}),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 500, {"media_type": "application/vnd.ms-excel"}),
        (b"%PDF-1.7\n", {}),
        (GOOD, {"media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
        (GOOD, {"media_type": "image/png"}),
        (GOOD, {"media_type": "application/json"}),
        (GOOD, {"media_type": "text/csv; charset=utf-16"}),
    ],
)
def test_d09_what_is_not_csv_by_its_type_or_its_beginning(staff, content, options):
    assert refused(staff, content, **options)[:2] == (415, "unsupported_media_type")


def test_d09_encodings_around_the_form(staff):
    packed = gzip.compress(framed(GOOD.encode()))
    assert post(staff, packed, **{"Content-Encoding": "gzip"}).status_code == 415
    coded = framed(GOOD.encode()).replace(b"text/csv\r\n", b"text/csv\r\nContent-Transfer-Encoding: base64\r\n")
    assert post(staff, coded).status_code == 415
    for media_type in ("text/csv", "application/json", "multipart/form-data", "multipart/mixed; boundary=here"):
        assert post(staff, framed(GOOD.encode()), **{"Content-Type": media_type}).status_code == 415
    assert (staff.launched, spooled(staff)) == ([], [])


def test_d09_a_name_that_leads_elsewhere_is_only_a_name(staff):
    answer = upload(staff, GOOD, name="../../../etc/people.csv")
    assert answer.status_code == 202 and spooled(staff) == [f"{answer.json()['id']}.csv"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_d10_what_a_spreadsheet_would_run_is_guarded_and_reads_back(first):
    for cell in (f"{first}1+1", f"'{first}x", f"''{first}", first):
        assert guarded(cell) == f"'{cell}" and unguarded(guarded(cell)) == cell
        assert csv_line([cell]).startswith(f"\"'{cell[0]}")
    for harmless in ("", "a=b", "1-2", "'tis", "O'Neill", "'"):
        assert (guarded(harmless), unguarded(harmless)) == (harmless, harmless)


KILLED = """
import os, signal, sys
from pathlib import Path
from app.imports.runs import worker
from app.imports.runs.rules import Asked, File
from app.imports.service import import_employees
from app.operator import parts

def load(acting, progress, reject):
    def killed(done, total):
        if total and done >= 500:
            os.kill(os.getpid(), signal.SIGKILL)
    return import_employees(acting, Path("people.csv"), complete=False, confirm_leavers=False, progress=killed, reject=reject, held=True)

worker.record(parts(), Asked(), File("people.csv", 1), "generic", load)
"""


def test_d11_a_run_killed_at_work_leaves_whole_rows_and_the_next_one_completes_it(team, tmp_path):
    """Attack K02."""
    rows = [hr(f"N{n}", Manager_ID="N1" if n > 1 else "") for n in range(1, 1101)]
    Path(tmp_path / "people.csv").write_text(text(rows))
    died = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=tmp_path, env=environment(team), capture_output=True, timeout=120
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert team.get(PATH, "admin")["items"][0]["state"] == "running"  # nobody could say otherwise
    with team.house.reads() as session:
        whole = set(active_numbers(session)) - set(team.ids)
    assert len(whole) == 500 and team.intact()
    again = coe(team, "import", "employees", "people.csv", "--json", cwd=tmp_path)
    assert again.stdout == '{"created": 600, "updated": 0, "unchanged": 500, "left": 0, "rejected": 0}\n', again.stderr
    states = [one["state"] for one in team.get(PATH, "admin")["items"]]
    assert states == ["done", "failed"] and team.intact()


def test_d13_ids_are_text_and_dates_are_iso(staff):
    numbers = ["007", "1e5", "NULL", "N/A", "0x1F", "1,000"]
    assert loaded(staff, [hr(number) for number in numbers])["summary"]["created"] == 6
    for number in numbers:
        assert staff.get("/v1/employees", "admin", params={"employee_number": number})["items"], number
    bad = ["31/12/2020", "12/31/2020", "31.12.20", "2020-13-01", "2020-02-30", "20-12-31", "44196", "2020-1-1", "NULL"]
    done = loaded(staff, [hr(f"D{n}", Hire_Date=day) for n, day in enumerate(bad)])
    assert (done["summary"]["created"], done["summary"]["rejected"]) == (0, len(bad))
