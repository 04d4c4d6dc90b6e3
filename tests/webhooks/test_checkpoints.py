"""Signed checkpoints of the audit log by webhook: kept by whoever receives them, outside of everybody's reach here."""

from app.audit import verifier
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints import worker
from app.sweeping.service import notary_of


def test_a_checkpoint_is_told_once_to_who_may_read_the_log_and_can_be_verified(team, hooks):
    notary = notary_of(team.settings)
    hook = hooks.make("boss", events=["audit.checkpoint"])
    refused = hooks.make("developer", events=["audit.checkpoint"], status=403)  # a developer does not read the log
    assert refused["code"] == "events_out_of_reach"
    assert hooks.send() == 0  # nothing was signed yet
    assert worker.seal(notary, team.house) == 1
    assert hooks.send() == 1 and hooks.send() == 0
    (told,) = hooks.receiver.told
    assert told["type"] == "audit.checkpoint"
    read = verifier.read(told["data"]["signature"], checkpoints.keys_of(notary()))
    assert (read.seq, read.hash) == (told["data"]["seq"], told["data"]["hash"])
    (delivery,) = hooks.deliveries(hook)
    assert delivery["seq"] == read.seq and delivery["message_id"].endswith(f"_c{read.seq}")
    team.hire("newcomer")
    assert worker.seal(notary, team.house) == 1
    assert hooks.send() == 1
    assert [one["data"]["seq"] for one in hooks.receiver.told] == sorted(
        {read.seq, hooks.receiver.told[1]["data"]["seq"]}
    )


def test_who_asks_for_other_events_hears_of_no_checkpoint(team, hooks):
    hooks.make("boss", events=["grant.*"])
    worker.seal(notary_of(team.settings), team.house)
    assert hooks.send() == 0 and hooks.receiver.told == []
