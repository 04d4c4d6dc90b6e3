"""Inventories with what the real exports lack: doubled handles, stewards who have left, bad rows."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account, Flag
from app.imports.service import FileRefused
from app.kernel.access import operator_work
from app.tools import store as tool_store

from .bench import Bench, counts, hr, listed, text


@pytest.fixture
def staffed(bench: Bench) -> Bench:
    bench.people([hr("1"), hr("2"), hr("3", Department="Ops"), hr("9", Status="Terminated")])
    return bench


def found(bench: Bench, handle: str, network: str = "x") -> Account:
    account = bench.account(network, handle)
    assert account is not None
    return account


def test_a_row_says_all_of_an_account(staffed: Bench) -> None:
    row = listed(
        "@Acme", url="https://twitter.com/ACME", backup_steward_employee_id="2", purpose="Service.\nMornings.",
        audience="Customers", language="en", region="EMEA", risk="High", opened_on="2019-05-01",
        last_activity="2026-03-01T10:00:00+01:00",
    )  # fmt: skip
    done = staffed.accounts([row])
    assert (done.counts, done.events) == (counts(created=1), 1)
    account = found(staffed, "acme")
    assert (account.handle_written, account.url, account.state, account.source) == (
        "@Acme", "https://x.com/acme", "active", "inventory",
    )  # fmt: skip
    assert (account.steward_id, account.backup_steward_id) == (staffed.person("1").id, staffed.person("2").id)
    assert account.business_unit_id == staffed.unit("sales").id
    assert (account.purpose, account.risk, account.opened_on) == ("Service.\nMornings.", "high", date(2019, 5, 1))
    assert account.last_activity_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert account.official_from == account.created_at
    assert staffed.actions()[-1] == "account.imported"


def test_the_same_file_again_changes_nothing(staffed: Bench) -> None:
    rows = [listed("acme", last_activity="2026-03-01"), listed("other", steward_employee_id="9")]
    staffed.accounts(rows)
    again = staffed.accounts(rows)
    assert (again.counts, again.events) == (counts(unchanged=2), 0)


def test_a_row_says_what_an_account_serves_how_it_is_logged_in_to_and_what_it_uses(staffed: Bench) -> None:
    with operator_work(staffed.house) as work:
        made = [tool_store.add(work.session, work.now, {"key": key, "name": key}) for key in ("postwell", "deskly")]
    postwell, deskly = (one.id for one in made)
    rows = [listed("acme", objective="more-leads", mfa="Yes", tools="postwell; Deskly;"), listed("other", tools="")]
    assert staffed.accounts(rows).counts == counts(created=2)
    acme, other = found(staffed, "acme"), found(staffed, "other")
    assert (acme.objective, acme.mfa, other.objective, other.mfa) == ("more-leads", True, None, None)
    assert used(staffed, acme) == {postwell, deskly} and used(staffed, other) == set()
    assert "account.tools_changed" in staffed.actions()
    again = staffed.accounts(rows)
    assert (again.counts, again.events) == (counts(unchanged=2), 0)
    fewer = staffed.accounts([listed("acme", tools="deskly"), listed("other", mfa="no")])
    assert (fewer.counts, fewer.events) == (counts(updated=2), 2)
    assert used(staffed, acme) == {deskly} and found(staffed, "other").mfa is False
    assert found(staffed, "acme").mfa is True  # a file that does not say takes nothing away


def used(bench: Bench, account: Account) -> set[UUID]:
    with operator_work(bench.house, write=False) as work:
        return set(account_store.tools_of(work.session, [account.id]).get(account.id, {}))


def test_bad_rows_are_rejected_and_the_rest_is_loaded(staffed: Bench) -> None:
    bad = listed("acme", business_unit="Nowhere")
    done = staffed.accounts(
        [
            bad,
            listed("b", steward_employee_id="77"),
            listed("c", backup_steward_employee_id="77"),
            listed("d", network="myspace"),
            listed("e f"),
            listed("good", business_unit="OPS"),
            listed("g", tools="nobodys"),
            listed("h", mfa="perhaps"),
        ]
    )
    assert done.codes == {
        2: "unknown_business_unit", 3: "unknown_steward", 4: "unknown_steward", 5: "unknown_network", 6: "bad_character",
        8: "unknown_tool", 9: "bad_mfa",
    }  # fmt: skip
    assert done.rejected[0].row == {**bad, "backup_steward_employee_id": "", "tools": "", "mfa": ""}
    assert done.counts == counts(created=1, rejected=7)
    assert found(staffed, "good").business_unit_id == staffed.unit("ops").id
    assert staffed.account("x", "acme") is None


def test_columns_of_a_file_without_the_optional_ones(staffed: Bench) -> None:
    names = ["network", "handle", "url", "business_unit", "steward_employee_id", "display_name"]
    assert staffed.accounts(text([listed("acme")], names)).counts == counts(created=1)
    with pytest.raises(FileRefused, match="steward_employee_id"):
        staffed.accounts("network,handle,url,business_unit,display_name\n")


def test_an_account_whose_steward_has_left_is_not_lost(staffed: Bench) -> None:
    assert staffed.accounts([listed("acme", steward_employee_id="9")]).counts == counts(created=1)
    account = found(staffed, "acme")
    assert account.steward_id is None
    with operator_work(staffed.house, write=False) as work:
        assert Flag.ORPHANED in {one.flag for one in accounts.show(work, account).flags}


def test_a_steward_who_has_left_takes_over_from_nobody(staffed: Bench) -> None:
    staffed.accounts([listed("acme")])
    assert staffed.accounts([listed("acme", steward_employee_id="9")]).counts == counts(unchanged=1)
    assert found(staffed, "acme").steward_id == staffed.person("1").id


@pytest.mark.parametrize("again", [listed("@ACME"), listed("", url="https://twitter.com/Acme/")])
def test_an_account_listed_twice_alike_counts_once(staffed: Bench, again: dict[str, str]) -> None:
    assert staffed.accounts([listed("Acme"), again]).counts == counts(created=1)


def test_an_account_listed_twice_with_two_stewards_is_nobodys_to_guess(staffed: Bench) -> None:
    done = staffed.accounts([listed("acme"), listed("b"), listed("@ACME", steward_employee_id="2")])
    assert done.codes == {2: "differing_rows", 4: "differing_rows"}
    assert "2, 4" in done.rejected[0].message
    assert done.counts == counts(created=1, rejected=2)
    assert staffed.account("x", "acme") is None


def test_the_same_handle_of_two_networks_is_two_accounts(staffed: Bench) -> None:
    assert staffed.accounts([listed("acme"), listed("acme", network="Facebook")]).counts == counts(created=2)


def test_what_is_known_is_described_anew_but_for_its_state(staffed: Bench) -> None:
    staffed.accounts([listed("acme", purpose="Service", last_activity="2026-03-01")])
    with operator_work(staffed.house) as work:
        accounts.change(work, found(staffed, "acme"), {"state": "suspended"}, "account.suspended")
    row = listed(
        "ACME", business_unit="Ops", steward_employee_id="2", display_name="New", purpose="", last_activity="2026-02-01"
    )
    done = staffed.accounts([row])
    assert (done.counts, done.events) == (counts(updated=1), 1)
    account = found(staffed, "acme")
    assert (account.business_unit_id, account.steward_id) == (staffed.unit("ops").id, staffed.person("2").id)
    assert (account.display_name, account.purpose, account.state) == ("New", "Service", "suspended")
    assert account.last_activity_at == datetime(2026, 3, 1, tzinfo=UTC)  # an older activity is no news
    assert account.handle_written == "acme"
    assert staffed.accounts([row]).events == 0
    assert staffed.accounts([{**row, "last_activity": "2026-03-02"}]).counts == counts(updated=1)


def test_activity_has_happened(staffed: Bench) -> None:
    assert staffed.accounts([listed("acme", last_activity="2026-03-03")]).codes == {2: "bad_last_activity"}


def test_handles_that_look_alike_are_marked_within_a_file_and_beside_what_is_known(staffed: Bench) -> None:
    staffed.accounts([listed("acme_il"), listed("acme_ll"), listed("other")])
    first, second = found(staffed, "acme_il"), found(staffed, "acme_ll")
    assert (first.look_alike_of, second.look_alike_of) == (None, first.id)
    staffed.accounts([listed("acme_1l"), listed("acme_il", network="instagram")])
    assert found(staffed, "acme_1l").look_alike_of == first.id
    assert found(staffed, "acme_il", "instagram").look_alike_of is None
    assert found(staffed, "other").look_alike_of is None


def test_a_unit_with_a_name_that_several_have_is_not_guessed(staffed: Bench) -> None:
    staffed.units([{"key": f"pr-{n}", "name": "PR", "parent": ""} for n in (1, 2)])
    done = staffed.accounts([listed("a", business_unit="PR"), listed("b", business_unit="pr-2")])
    assert done.codes == {2: "business_unit_ambiguous"}
    assert found(staffed, "b").business_unit_id == staffed.unit("pr-2").id
