"""Files of completions: at the command line, over HTTP, good ones, bad ones, and the same one twice."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.clients import service as clients
from app.directory import store as directory
from app.imports.completions import api, worker
from app.imports.completions.rules import listed as row_of
from app.imports.rules import MAX_FIELD, Fault
from app.imports.service import FileRefused
from app.programme.training import service as training
from app.programme.training import store

from .bench import Bench, counts, text
from .test_runs import coe, spooled

PATH = "/v1/completions/import"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def learning(team, tmp_path):
    """A team with two courses, and a bench to load files on."""
    with team.work() as work:
        training.create_course(work, "basics", "Basics", 365)
        training.create_course(work, "crisis", "Crisis", None)
    team.bench = Bench(team.house, tmp_path / "done.csv")
    return team


@pytest.fixture
def lms(learning):
    with learning.work() as work:
        made = clients.create_client(work, "LMS", ["lms"], static=True)
    learning.ids["lms"] = UUID(made.client_id)
    return made.bearer


def done(employee="asker", course="basics", completed_at="2026-02-01", **more):
    return {"employee": employee, "course": course, "completed_at": completed_at, "source": "LMS", **more}


def held(team, who="asker"):
    with team.work(write=False) as work:
        return [
            (one.course_key, one.completed_at, one.source) for one in store.completions_of(work.session, team.ids[who])
        ]


def upload(team, content, bearer=None, who=None, *, name="done.csv", media_type="text/csv", data=None, headers=None):
    body = content if isinstance(content, str | bytes) else text(content)
    files = {"file": (name, body, media_type)}
    return team.call("POST", PATH, who, bearer=bearer, files=files, data=data, headers=headers)


# --- what a row says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:00:00Z", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("2026-02-01t10:00:00+02:00", datetime(2026, 2, 1, 8, tzinfo=UTC)),
        ("2026-03-02T09:00:00Z", NOW),
        ("1900-01-01", datetime(1900, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_or_an_instant(written, meant):
    assert row_of({"employee": "a", "course": " Basics ", "completed_at": written}, NOW).completed_at == meant


@pytest.mark.parametrize(
    "written",
    [
        "01/02/2026", "2026-02-30", "2026-2-1", "yesterday", "20260201", "2026-02-01T10:00", "2026-02-01T10:00:00", "0001-01-01",
        "2026-02-01 10:00:00Z", "2026-03-03", "2026-03-02T09:00:01Z", "9999-12-31", "1767225600", "2026-02-01T25:00:00Z",
        "2026-02-29T10:00:00Z", "\u0662\u0660\u0662\u0666-02-01", "-2026-02-01", "T", "2026-W05-1",
    ],
)  # fmt: skip
def test_a_bad_date_is_a_fault(written):
    with pytest.raises(Fault) as refused:
        row_of({"employee": "a", "course": "basics", "completed_at": written}, NOW)
    assert refused.value.code == "bad_completed_at"


@pytest.mark.parametrize("field", ["employee", "course", "completed_at"])
def test_what_is_missing_is_a_fault(field):
    with pytest.raises(Fault) as refused:
        row_of({"employee": "a", "course": "basics", "completed_at": "2026-02-01", field: ""}, NOW)
    assert refused.value.code == f"{field}_missing"


# --- a file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_loaded_and_the_same_again_writes_nothing(learning):
    learning.hire("N-7", user_name="anna.berg", email="anna@world.example")
    rows = [
        done(), done(course="CRISIS", completed_at="2026-02-01T10:00:00+01:00", source=""), done("anna@WORLD.example"),
        done("anna.berg", "crisis"), done("N-7", completed_at="2026-01-01"),
    ]  # fmt: skip
    first = learning.bench.completions(rows)
    assert (first.counts, first.events, first.progress[-1]) == (counts(created=5), 5, (5, 5))
    assert held(learning) == [
        ("crisis", datetime(2026, 2, 1, 9, tzinfo=UTC), None), ("basics", datetime(2026, 2, 1, tzinfo=UTC), "LMS")
    ]  # fmt: skip
    assert [course for course, *_ in held(learning, "N-7")] == ["crisis", "basics", "basics"]
    again = learning.bench.completions(rows)
    assert (again.counts, again.events) == (counts(unchanged=5), 0)
    more = learning.bench.completions([*rows, done("colleague", source="elsewhere")])
    assert (more.counts, more.events) == (counts(created=1, unchanged=5), 1)
    assert set(learning.bench.actions()[-6:]) == {"completion.recorded"}


def test_a_name_that_is_free_again_is_its_new_owners(learning):
    with learning.work() as work:
        gone = {"deleted_at": work.now, "active": False}
        directory.save_employee(work.session, learning.ids["stranger"], work.now, gone)
    learning.hire("N-8", user_name="stranger", email="stranger@world.example")
    assert learning.bench.completions([done("Stranger@world.example"), done("STRANGER", "crisis")]).codes == {}
    assert len(held(learning, "N-8")) == 2 and held(learning, "stranger") == []
    learning.bench.completions([done("stranger")])  # HR's employee id, which is for ever
    assert len(held(learning, "stranger")) == 1


def test_a_completion_that_is_there_twice_counts_once(learning):
    rows = [
        done(), done(), done(source="elsewhere"), done(course="BASICS", completed_at="2026-02-01T00:00:00Z"),
        done("asker@world.example"), done(str(learning.ids["colleague"])),
    ]  # fmt: skip
    found = learning.bench.completions(rows)
    assert (found.counts, found.codes, found.events) == (
        counts(created=1, unchanged=4, rejected=1), {7: "unknown_employee"}, 1
    )  # fmt: skip


def test_bad_rows_are_rejected_and_the_rest_is_loaded(learning):
    with learning.work() as work:
        training.complete(work, "colleague", "basics", {"completed_at": NOW - timedelta(days=20), "source": None})
        (wrong,) = store.completions_of(work.session, learning.ids["colleague"])
        store.revoke(work.session, wrong.id, work.now, None, "Somebody else's.")
        training.create_course(work, "old", "Old", None)
        training.retire_course(work, "old", "Nobody holds it.")
    learning.hire("two", email="two@world.example")
    learning.hire("three", email="two@world.example")
    learning.fire("stranger")
    found = learning.bench.completions(
        [
            done(completed_at="2026-02-30"), done("nobody"), done(course="nope"), done("two@world.example"),
            done("colleague", completed_at="2026-02-10T09:00:00Z"), done(completed_at="2026-03-03"), done(""),
            done(course="old", completed_at="2026-03-02T09:00:00Z"), done(course="old"), done("as\u202eker"),
            done(source="x" * 201), done("stranger"), done("x" * 300), done(course="b" * 60_000),
        ]
    )  # fmt: skip
    assert found.codes == {
        2: "bad_completed_at", 3: "unknown_employee", 4: "unknown_course", 5: "ambiguous_employee", 6: "completion_revoked",
        7: "bad_completed_at", 8: "employee_missing", 9: "course_retired", 11: "bad_employee", 12: "bad_source",
        14: "bad_employee", 15: "bad_course",
    }  # fmt: skip
    assert found.counts == counts(created=2, rejected=12)  # what was completed in time, and by whom has left
    assert [course for course, *_ in held(learning)] == ["old"]


def test_many_rows_go_in_parts(learning, monkeypatch):
    parts = []
    usual = training.record_all
    monkeypatch.setattr(
        training, "record_all", lambda work, stated, **more: parts.append(len(stated)) or usual(work, stated, **more)
    )
    rows = [done(completed_at=(NOW - timedelta(hours=n)).isoformat()) for n in range(1001)]
    first = learning.bench.completions(rows)
    assert (first.counts, parts) == (counts(created=1001), [500, 500, 1])
    assert learning.intact() and len(held(learning)) == 1001
    again = learning.bench.completions(rows)
    assert (again.counts, again.events, len(parts)) == (counts(unchanged=1001), 0, 3)


HEADER = "employee,course,completed_at\r\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        ("employee,course\nasker,basics\n", "the header lacks completed_at"),
        ("who,what,when\nasker,basics,2026-02-01\n", "the header lacks employee"),
        ("asker,basics,2026-02-01\n", "the header lacks employee"),
        ("employee;course;completed_at\nasker;basics;2026-02-01\n", "semicolons"),
        ("employee,email,course,completed_at\nasker,a@b,basics,2026-02-01\n", "names employee more than once"),
        (f"{HEADER}as\0ker,basics,2026-02-01\r\n", "a NUL"),
        ((HEADER + "asker,basics,2026-02-01\r\n").encode("utf-16"), "not UTF-8"),
        (f"{HEADER}{'x' * (MAX_FIELD + 1)},basics,2026-02-01\r\n", "larger than"),
        (f'{HEADER}"asker,basics,2026-02-01\r\nasker,basics,2026-02-02\r\n', "quote"),
        (f'{HEADER}"a"sker,basics,2026-02-01\r\n', "quotes"),
        (b"PK\x03\x04" + b"x" * 100, "ZIP"),
    ],
)
def test_a_doubtful_file_is_refused_whole(learning, content, says):
    good = "asker,basics,2026-02-02\r\n"
    whole = content + good if isinstance(content, str) else content
    events = learning.bench.events()
    with pytest.raises(FileRefused, match=says):
        learning.bench.completions(whole)
    assert held(learning) == [] and learning.bench.events() == events


def test_a_byte_order_mark_other_columns_and_blank_lines_are_no_matter(learning):
    content = "\ufeffScore,E-Mail,Course Key,Completion Date\r\n\r\n91,asker@world.example,basics,2026-02-01\r\n,,,\r\n"
    assert learning.bench.completions(content).counts == counts(created=1)
    assert held(learning) == [("basics", datetime(2026, 2, 1, tzinfo=UTC), None)]


def test_a_row_of_another_length_is_rejected(learning):
    content = f"{HEADER}asker,basics\r\nasker,basics,2026-02-01,LMS\r\nasker,basics,2026-02-01\r\n"
    found = learning.bench.completions(content)
    assert found.codes == {2: "wrong_number_of_cells", 3: "wrong_number_of_cells"} and found.counts["created"] == 1


# --- over HTTP ------------------------------------------------------------------------------------------------------


def test_an_upload_is_loaded_while_its_sender_waits(learning, lms):
    rows = [done(), done("nobody"), done("colleague"), done(completed_at="soon"), done()]
    answer = upload(learning, rows, lms, headers={"X-Request-ID": "file-1"})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "created": 2, "unchanged": 1, "rejected": 2,
            "rejects": [
                {"line": 3, "code": "unknown_employee", "message": "Nobody has this employee id, e-mail or user name."},
                {"line": 5, "code": "bad_completed_at", "message": "completed_at: a date must exist and be written YYYY-MM-DD."},
            ],
        },
    )  # fmt: skip
    events = learning.events(request_id="file-1")
    assert [one["action"] for one in events] == ["completion.recorded"] * 2
    assert {(one["actor"]["kind"], one["actor"]["id"]) for one in events} == {("client", str(learning.ids["lms"]))}
    assert int(answer.headers["coe-revision"]) == events[0]["seq"]
    again = upload(learning, rows, lms, headers={"X-Request-ID": "file-2", "Idempotency-Key": "key-1"})
    assert (again.json()["created"], again.json()["unchanged"]) == (0, 3) and "coe-revision" not in again.headers
    assert learning.events(request_id="file-2") == [] and spooled(learning) == []


def test_a_strategist_uploads_and_others_do_not(learning, lms):
    for who in ("asker", "liaison", "hub", "content", "auditor", "admin"):
        assert upload(learning, [done()], who=who).status_code == 403, who
    assert upload(learning, [done()]).status_code == 401
    with learning.work() as work:
        other = clients.create_client(work, "HR", ["hr"], static=True).bearer
    assert upload(learning, [done()], other).status_code == 403
    assert held(learning) == []
    assert upload(learning, [done()], who="boss").json()["created"] == 1


def test_nobody_uploads_what_they_have_completed_themselves(learning):
    told = upload(learning, [done(), done("boss"), done("boss@world.example")], who="boss").json()
    assert (told["created"], told["rejected"]) == (1, 2)
    assert {one["code"] for one in told["rejects"]} == {"self_completion"}
    assert upload(learning, [done("boss")], who="boss2").json()["created"] == 1


def test_a_file_does_not_bring_back_what_was_revoked_not_even_the_strategists(learning, lms):
    upload(learning, [done()], lms)
    (made,) = learning.get("/v1/completions", "asker")["items"]
    learning.post(f"/v1/completions/{made['id']}/revoke", "boss", {"reason": "Somebody else's."})
    for bearer, who in ((lms, None), (None, "boss")):
        assert [one["code"] for one in upload(learning, [done()], bearer, who).json()["rejects"]] == [
            "completion_revoked"
        ]
    assert held(learning) == []


def test_more_rows_than_are_taken_are_refused_whole(learning, lms, monkeypatch):
    monkeypatch.setattr(worker, "MOST", 3)
    rows = [done(completed_at=f"2026-02-0{n}") for n in range(1, 5)]
    told = upload(learning, rows, lms)
    assert (told.status_code, told.json()["code"]) == (422, "file_refused") and "More than 3 rows" in told.json()[
        "detail"
    ]
    assert held(learning) == []
    assert upload(learning, rows[:3], lms).json()["created"] == 3


def test_what_is_no_upload_of_completions(learning, lms):
    assert upload(learning, [done()], lms, media_type="application/pdf").status_code == 415
    assert upload(learning, b"PK\x03\x04" + b"x" * 100, lms).status_code == 415
    told = upload(learning, [done()], lms, data={"complete": "true"})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "/complete")
    assert learning.call("POST", PATH, bearer=lms, files={"other": b""}).status_code == 422
    assert learning.call("POST", PATH, bearer=lms, body={}).status_code == 415
    told = upload(learning, "employee,course\n", lms)
    assert (told.status_code, told.json()["code"]) == (422, "file_refused")
    assert api.is_upload("POST", PATH) and not api.is_upload("POST", "/v1/completions")
    assert held(learning) == [] and spooled(learning) == []


# --- at the command line --------------------------------------------------------------------------------------------


def test_the_command_loads_a_file_and_its_run_is_written_down(learning, tmp_path):
    (tmp_path / "done.csv").write_text(text([done(), done("=nobody"), done("colleague")]))
    first = coe(learning, "import", "completions", "done.csv", "--rejects", "rejects.csv", cwd=tmp_path)
    assert (first.returncode, first.stdout) == (1, "2 created, 0 updated, 0 unchanged, 0 left, 1 rejected\n"), (
        first.stderr
    )
    assert "line 3: Nobody has this employee id" in first.stderr
    assert (tmp_path / "rejects.csv").read_text().splitlines()[1].endswith(',"\'=nobody",basics,2026-02-01,LMS')
    again = coe(learning, "import", "completions", "done.csv", "--json", cwd=tmp_path)
    assert again.stdout == '{"created": 0, "updated": 0, "unchanged": 2, "left": 0, "rejected": 1}\n'
    runs = learning.get("/v1/directory/imports", "admin")["items"]
    assert [(one["kind"], one["state"], one["summary"]["created"]) for one in runs] == [
        ("completions", "done", 0), ("completions", "done", 2)
    ]  # fmt: skip
    assert [one["actor"]["kind"] for one in learning.events(request_id=runs[1]["id"])] == ["operator"] * 3
    assert len(held(learning)) == 1
