"""What an index holds, as plain values, to be compared with another."""

from app.decisions.memory.index import duty


def content(index):
    """All that is in it, in no row's or number's terms."""
    people = {index.people.person(row) for row in range(len(index.people))}
    accounts = [index.accounts.account(row) for row in range(len(index.accounts))]
    courses = {number: id_ for id_, number in index._courses.items()}
    versions = {number: id_ for id_, number in index._versions.items()}
    learnt, attested, grants = {}, set(), set()
    for row in range(len(index.people)):
        who = index.people.person(row).id
        for number, id_ in courses.items():
            if (at := index.learnt.get(duty(row, number))) != -1:
                learnt[who, id_] = at
        attested |= {(who, id_) for number, id_ in versions.items() if index.attested.get(duty(row, number)) != -1}
        for account in index.grants.accounts_of(row):
            assert row in index.grants.people_on(account)
            grants |= {(who, accounts[account].id, held[:-2]) for held in index.grants.of_pair(row, account)}
    assert (len(grants), len(learnt), len(attested)) == (len(index.grants), len(index.learnt), len(index.attested))
    cleared = {
        (accounts[account].id, one._replace(account=0))
        for (account, _), ones in index.clearances._of_content.items()
        for one in ones.values()
    }
    ready = {one.id for ones in index.clearances._cleared.values() for one in ones.values()}
    named = {key: accounts[row].id for key, row in index.accounts._by_handle.items()}
    called = {name: sorted(index.people.person(row).id for row in index.people.find(name))
              for one in people for name in (one.number, one.email, one.user_name) if name}  # fmt: skip
    return {
        "revision": index.revision, "people": people, "accounts": set(accounts), "learnt": learnt, "attested": attested,
        "grants": grants, "cleared": cleared, "ready": ready, "named": named, "called": called, "world": vars(index.world)
        if not hasattr(index.world, "__dataclass_fields__")
        else {name: _plain(getattr(index.world, name)) for name in index.world.__dataclass_fields__},
    }  # fmt: skip


def _plain(value):
    if isinstance(value, tuple):
        return sorted(map(repr, value))
    return value
