"""An index that follows the log is the index that a fresh reading of the database makes: after every single change."""

import pytest

from app.decisions import rules, service
from app.kernel.access import operator_work
from tests.audit import test_events as events
from tests.shadow import Shadow

from .inside import content


class Followed(events.Scenario):
    """The calls that change everything that can be changed, each followed by an index and compared with one made anew."""

    def __init__(self, team):
        super().__init__(team)
        self.shadow = Shadow(team)
        self.shadow.caught_up()

    def __call__(self, door, *args, **more):
        answer = super().__call__(door, *args, **more)
        same(self.shadow, door)
        return answer


def same(shadow, why):
    followed = content(shadow.caught_up())
    with operator_work(shadow.world.house, write=False) as work:
        fresh = content(service.load(work))
    for name, held in fresh.items():
        assert followed[name] == held, (why, name)


def test_whatever_changes_is_followed(team, monkeypatch):
    monkeypatch.setattr(events, "Scenario", Followed)
    told = events.told_all(team)
    assert told


def test_every_kind_of_subject_of_the_log_is_known(team):
    """A kind that nobody has thought of makes the index be read anew: true, but slow. So all are thought of."""
    events.told_all(team)
    kinds = {one["subject"]["kind"] for one in team.events()}
    assert kinds <= set(rules.TOUCHES), kinds - set(rules.TOUCHES)


def test_a_kind_that_is_not_known_is_not_ignored():
    assert rules.touches("something_new", "something_new.happened") is None
    with pytest.raises(service.Rebuild):
        service._marked([service.Change(1, "something_new", "x", "something_new.happened", "{}")])
