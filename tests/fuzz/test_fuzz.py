"""10,000 requests made up from the document, none of which is answered by 5xx or by what the document does not say.

``COE_FUZZ_CASES=100000`` makes more of them; ``COE_FUZZ_ON=sqlite,postgresql`` asks on both databases; ``COE_FUZZ_SEED``
other ones than every time.
"""

import os
import zlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from . import caller
from .drafts import drafts, operations, schema_of
from .judge import judge, shown

CASES = int(os.environ.get("COE_FUZZ_CASES", "10000"))
ON = os.environ.get("COE_FUZZ_ON", "sqlite").split(",")
SEED = int(os.environ.get("COE_FUZZ_SEED", "1"))
PARTS = 4
A_DAY = 2500
"""So many requests are made of one copy of the organisation; what the earlier ones leave behind the later ones meet."""


@pytest.fixture(scope="module", params=ON)
def called(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    if request.param == "sqlite":
        made = caller.on_sqlite(request.getfixturevalue("sqlite_template"), folder)
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        made = caller.on_postgres(server, template.database, folder, f"fuzz_{os.getpid()}")
    with caller.quietly(), made as found:
        yield found


@pytest.fixture(scope="module")
def asked(called):
    return operations(schema_of(called.org.app.openapi()))


def ask_all(called, asked, chance, count):
    """One day: every operation is asked about as often as the others. Answers by what went wrong, and how often what came."""
    wrong, came = {}, Counter()
    each = -(-count // len(asked))

    def asking(operation):
        return lambda draft: ask(operation, draft)

    def ask(operation, draft):
        prepared = draft.prepared()
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        told = {
            name: value
            for name, value in prepared.headers.items()
            if name.lower() not in ("content-type", "content-length")
        }
        status, headers, content = called.send(
            draft.caller, prepared.method, prepared.path_url, body=body, headers=tuple(told.items()),
            media_type=prepared.headers.get("Content-Type", ""),
        )  # fmt: skip
        came[operation.label, status] += 1
        for what in judge(draft, prepared, status, headers, content):
            wrong.setdefault(
                (operation.label, what.splitlines()[0]), f"{what}\n{shown(draft, prepared, status, content)}"
            )

    for operation in sorted(asked, key=lambda one: zlib.crc32(f"{chance} {one.label}".encode())):
        told = settings(
            max_examples=each, derandomize=False, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        wanted = zlib.crc32(f"{operation.label} {chance}".encode())
        seed(wanted)(told(given(draft=drafts(called.org, operation))(asking(operation))))()
    return wrong, came


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_sent_the_answer_is_one_that_the_document_knows(called, asked, part):
    wrong, came = {}, Counter()
    days = -(-CASES // (PARTS * A_DAY))
    for day in range(days):
        called.afresh()
        found, told = ask_all(called, asked, (SEED * PARTS + part) * days + day, CASES // (PARTS * days))
        wrong, came = found | wrong, came + told
        called.org.intact()
    if wrong:
        pytest.fail(f"{len(wrong)} kinds of wrong answers:\n" + "\n\n".join(wrong.values()), pytrace=False)
