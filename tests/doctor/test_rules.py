"""How what was looked at is told: by plain calls."""

import pytest

from app.doctor.rules import Finding, State, doubtful, well, wrong


@pytest.mark.parametrize(("call", "state"), [(well, "ok"), (doubtful, "note"), (wrong, "wrong")])
def test_a_finding_says_what_was_looked_at_how_it_is_and_why(call, state):
    assert call("clock", "It agrees.") == Finding("clock", State(state), "It agrees.")
