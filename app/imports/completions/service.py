"""Loading completions from a learning management system's file. It only ever adds; what was revoked stays so."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from app.imports.rules import BATCH, Fault, FileRefused, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.kernel.access import House, operator_work
from app.kernel.work import Work
from app.programme.training import rules as training
from app.programme.training import service as recording
from app.programme.training import store as courses
from app.programme.training.rules import Course, Stated

from . import rules, store


@dataclass(slots=True)
class _Run:
    """One run. ``courses``: those that the file names, by key."""

    parts: House
    sheet: Sheet
    progress: Progress
    courses: dict[str, Course] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    done: int = 0


def run(parts: House, raw: Iterable[bytes], *, progress: Progress, reject: Reject, most: int | None = None) -> Summary:
    """Load a file, in transactions of at most 500 completions; one that is held, or is there twice, is ``unchanged``.

    ``most``: how many rows are taken. Raises ``FileRefused`` before anything is written.
    """
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, progress)
        _read(one, raw, most)
        with operator_work(parts, write=False) as work:
            _check(one, work)
        _report(one, reject)
        for batch in sheet.live():
            _load(one, batch)
        return one.summary


def _read(one: _Run, raw: Iterable[bytes], most: int | None) -> None:
    now = one.parts.clock()
    one.sheet.header, rows = read(raw, rules.COLUMNS)
    for count, row in enumerate(rows, start=1):
        if most is not None and count > most:
            raise FileRefused(
                f"More than {most} rows: send the file in parts, or load it with `coe import completions`."
            )
        try:
            stated = rules.listed(one.sheet.header.cells(row.cells), now)
        except Fault as fault:
            one.sheet.add(row, Entry(None), fault)
        else:
            one.sheet.add(row, Entry(stated.key, refers=stated.course, place=stated.employee))
        if count % BATCH == 0:
            one.progress(count, None)
    one.sheet.complete()


def _check(one: _Run, work: Work) -> None:
    """What is wrong with rows beside what the directory and the programme hold."""
    sheet = one.sheet
    sheet.settle_repeats()
    for keys in sheet.values("refers"):
        one.courses |= courses.courses_by_key(work.session, keys)
    unknown = [key for keys in sheet.values("refers") for key in keys if key not in one.courses]
    sheet.reject("refers", unknown, Fault("unknown_course", "There is no course with this key."))
    nobody, several = _strangers(one, work)
    sheet.reject("place", nobody, Fault("unknown_employee", "Nobody has this employee id, e-mail or user name."))
    sheet.reject("place", several, Fault("ambiguous_employee", "Two people have this name; use the employee id."))
    own, late, revoked = _refused(one, work)
    sheet.reject("key", own, Fault("self_completion", "Nobody states what they have completed themselves."))
    sheet.reject("key", late, Fault("course_retired", "The course was retired before it was completed."))
    sheet.reject(
        "key", revoked, Fault("completion_revoked", "This completion was revoked; a strategist may record it again.")
    )


def _strangers(one: _Run, work: Work) -> tuple[list[str], list[str]]:
    """(names of nobody, names of two people)"""
    nobody, several = list[str](), list[str]()
    for names in one.sheet.values("place"):
        for name, people in store.people_named(work.session, names).items():
            if len(people) != 1:
                (several if people else nobody).append(name)
    return nobody, several


def _refused(one: _Run, work: Work) -> tuple[list[str], list[str], list[str]]:
    """Keys of rows (about whoever sends them, about a course retired by then, about a completion that was revoked)."""
    own, late, revoked = list[str](), list[str](), list[str]()
    for batch in one.sheet.live():
        stated = _stated(one, work, batch)
        known = courses.known(work.session, list(stated.values()))
        for key, each in stated.items():
            if each.employee_id == work.actor.employee_id:
                own.append(key)
            if not training.takes(each.course, each.completed_at):
                late.append(key)
            try:
                training.held(known.get(each.stated, ()), again=False)
            except training.CompletionRevoked:
                revoked.append(key)
    return own, late, revoked


def _report(one: _Run, reject: Reject) -> None:
    for rejected in one.sheet.rejected():
        one.summary.rejected += 1
        reject(rejected)
    one.done = one.sheet.skipped()
    one.summary.unchanged += one.done - one.summary.rejected  # said twice, and once is enough
    one.progress(one.done, one.sheet.count())


def _stated(one: _Run, work: Work, batch: Sequence[Row]) -> dict[str, Stated]:
    """What rows that are known to be good state, by their keys."""
    now = one.parts.clock()
    rows = [rules.listed(one.sheet.header.cells(row.cells), now) for row in batch]
    people = store.people_named(work.session, {row.employee for row in rows})
    return {
        row.key: Stated(people[row.employee][0], one.courses[row.course], row.completed_at, row.source) for row in rows
    }


def _load(one: _Run, batch: Sequence[Row]) -> None:
    """Compare first, without a lock; write only what is new."""
    with operator_work(one.parts, write=False) as work:
        stated = list(_stated(one, work, batch).values())
        known = courses.known(work.session, stated)
    news = [each for each in stated if all(held.revoked_at is not None for held in known.get(each.stated, ()))]
    made = _write(one, news) if news else 0
    one.summary.created += made
    one.summary.unchanged += len(batch) - made
    one.done += len(batch)
    one.progress(one.done, one.sheet.count())


def _write(one: _Run, news: Sequence[Stated]) -> int:
    with operator_work(one.parts) as work:
        return len({done.completion.id for done in recording.record_all(work, news) if done.new})
