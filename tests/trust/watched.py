"""What must be true of every call, of the log, and of what receivers are told, whatever the organisation does (trust.md 3, F, G).

The same model and the same steps; each call is made under a request id and a key of its own, and made again.
"""

import json
import re
import sqlite3
from itertools import count
from unittest.mock import patch
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import store as audit_store
from app.audit import verifier
from app.audit.checkpoints import service as checkpoints
from app.audit.verifier import Flaw
from app.kernel.outbound import Answer
from app.schema import METADATA
from app.sweeping.service import notary_of, sender_of
from app.webhooks.sending import worker as sending

from .side import Side
from .sides import Broken, Sides

HEARD = ("grant.*", "rights_request.*")
OVER = {"grant.revoked", "grant.expired", "grant.superseded"}
ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
FULL = sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
TAMPERED = {
    "a member": "UPDATE audit_event SET subject_id = 'x' WHERE seq = {middle}",
    "a personal value": "UPDATE audit_personal SET value = '\"x\"' WHERE seq = {middle}",
    "the middle": "DELETE FROM audit_event WHERE seq = {middle}",
    "the end": "DELETE FROM audit_event WHERE seq > {middle}",
    "a number": "UPDATE audit_event SET seq = seq + 1000 WHERE seq = {last}",
}
"""How somebody alters the log who reaches past its guards."""


class WatchedSide(Side):
    """A service of which every call is looked at. ``wrong``: what was found and not yet said."""

    def __init__(self, world, ids):
        super().__init__(world, ids)
        self.wrong, self.numbers = [], count(1)
        made = [
            (who, {"business_unit_id": unit} if unit else {})
            for who, unit in (("boss", None), ("otherliaison", "logistics"))
        ]
        self.hooks = [
            UUID(world.post("/v1/webhooks", who, {
                "name": "Tool", "url": "https://tool.example.com/", "events": list(HEARD), **more,
            }, 201)["id"]) for who, more in made
        ]  # fmt: skip
        self.began = world.intact()

    def call(self, who, method, path, body=None):
        id_ = f"watched-{next(self.numbers)}"
        bearer, keyed = self.token(who), {"Idempotency-Key": id_} if method == "POST" else {}
        answer = self.world.call(method, path, body=body, bearer=bearer, headers={"X-Request-ID": id_, **keyed})
        said = f"{method} {path} by {who}: {answer.status_code}"
        for invariant, wrong in (*self.of_answer(answer, id_), *self.of_telling(who, method, answer, id_)):
            self.wrong.append((invariant, f"{said}: {wrong}"))
        for invariant, wrong in self.of_repeating(method, path, body, bearer, answer, keyed):
            self.wrong.append((invariant, f"{said}: {wrong}"))
        return answer

    @staticmethod
    def of_answer(answer, id_):
        if answer.status_code == 500 or (
            answer.status_code >= 400 and answer.headers["content-type"] != "application/problem+json"
        ):
            yield "I-52", answer.text
        if answer.headers.get("x-request-id") != id_ or (
            answer.status_code >= 400 and answer.json()["status"] != answer.status_code
        ):
            yield "I-53", f"{answer.headers} {answer.text}"

    def of_telling(self, who, method, answer, id_):
        """A change is told of under its request id, and a denial too, each as what the caller did."""
        if method == "GET" or not (answer.is_success or answer.status_code == 403):
            return
        told, denied = self.world.events(request_id=id_), answer.status_code == 403
        if denied and [one["action"] for one in told] != ["route.denied"]:
            yield "I-45", f"told as {[one['action'] for one in told]}"
        if not denied and not told and "coe-revision" in answer.headers:
            yield "I-53", "nothing is told under this request id"
        if any(one["actor"]["id"] != str(self.people[who]) for one in told):
            yield "I-41", f"told as done by {[one['actor'] for one in told]}"

    def of_repeating(self, method, path, body, bearer, answer, keyed):
        """The same under the same key is the same, an older copy changes nothing, and what is hidden is as if it were not."""
        before = self.newest()
        if keyed and answer.is_success:
            again = self.world.call(method, path, body=body, bearer=bearer, headers=keyed)
            if (again.status_code, again.content, self.newest()) != (answer.status_code, answer.content, before):
                yield "I-46", f"repeated: {again.status_code} {again.text}"
        if method == "PATCH" and answer.is_success and answer.headers.get("etag") != '"1"':
            again = self.world.call(method, path, body=body, bearer=bearer, headers={"If-Match": '"1"'})
            if again.status_code != 412 or self.newest() != before:
                yield "I-47", f"of an older copy: {again.status_code} {again.text}"
        if answer.status_code == 404:
            other = self.world.call(method, ID.sub(lambda _: str(uuid4()), path), body=body, bearer=bearer)
            if plain(other) != plain(answer):
                yield "I-51", f"{plain(answer)}, and of what is not there {plain(other)}"

    def newest(self):
        """The number of the last event, but for those that only tell of denials."""
        with self.world.work(write=False) as work:
            return work.session.scalar(sa.text("SELECT max(seq) FROM audit_event WHERE action <> 'route.denied'"))

    def hold(self, actor, who):
        return self.call(actor, "POST", f"/v1/employees/{self.people[who]}/hold", {"reason": "A case."})

    def erase(self, actor, who):
        answer = self.call(actor, "POST", f"/v1/employees/{self.people[who]}/erase", {"reason": "Article 17."})
        if answer.is_success:
            self.wrong += [("I-44", f"{who} can be read in {where}") for where in self.where(f"{who}@world.example")]
        return answer

    def where(self, text):
        """In which tables a text stands by itself."""
        whole = re.compile(rf"(?<!\w){re.escape(text)}")
        with self.world.work(write=False) as work:
            for table in METADATA.sorted_tables:
                rows = work.session.execute(sa.text(f'SELECT * FROM "{table.name}"')).all()
                if any(whole.search(str(value)) for row in rows for value in row):
                    yield table.name

    # The log.

    def of_the_log(self):
        """(invariant, what is wrong) of the log as it stands."""
        with self.world.work(write=False) as work:
            found = verifier.Flaw(0, "nothing was looked at")
            for found in verifier.walk(audit_store.walk(work.session), {}):  # noqa: B007 - the last is the verdict
                pass
        if isinstance(found, Flaw):
            yield "I-38", found.what

    def of_its_guards(self):
        for statement in (
            "UPDATE audit_event SET action = action",
            "DELETE FROM audit_event",
            "UPDATE audit_personal SET value = value",
        ):
            with self.world.app.state.engine.connect() as connection:
                try:
                    connection.exec_driver_sql(statement)
                except sa.exc.DBAPIError:
                    continue
                finally:
                    connection.rollback()
            yield "I-42", f"{statement} is not refused"

    def of_tampering(self):
        """Each way of altering the log is found, by the chain or by a checkpoint of before."""
        notary = notary_of(self.world.settings)()
        with self.world.work(write=False) as work:
            sealed = checkpoints.next_of(work, notary)
        last = sealed.seq
        signed = {last: verifier.read(sealed.signature, checkpoints.keys_of(notary))}
        for way, statement in TAMPERED.items():
            with self.world.app.state.engine.connect() as connection:
                self.unguard(connection)
                if "personal" in statement:
                    middle = connection.exec_driver_sql("SELECT max(seq) FROM audit_personal").scalar()
                else:
                    middle = last // 2
                connection.exec_driver_sql(statement.format(middle=middle, last=last))
                with Session(connection) as session:
                    *_, found = verifier.walk(audit_store.walk(session), signed)
                connection.rollback()
            if not isinstance(found, Flaw):
                yield "I-43", f"{way} was altered, and nothing is found"

    def unguard(self, connection):
        if self.name == "postgresql":
            for table in ("audit_event", "audit_personal"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        stmt = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('audit_event', 'audit_personal')"
        for name in connection.exec_driver_sql(stmt).scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")

    # What receivers are told.

    def of_receivers(self, rows):
        """Everything is delivered, what it tells is what happened, and nobody hears of what they may not see."""
        heard = self.deliver()
        told = {
            one["seq"]: one
            for one in self.world.events()
            if one["seq"] > self.began and sending.service.wording.wanted(HEARD, one["action"])
        }
        everything, theirs = (
            {int(id_.rpartition("_")[2]): said for id_, said in heard if hook.hex in id_} for hook in self.hooks
        )
        if set(everything) != set(told):
            yield "I-48", f"told of {sorted(everything)}; what happened are {sorted(told)}"
        yield from (
            ("I-49", f"{seq}: {one}")
            for seq, one in everything.items()
            if seq in told and one["data"]["subject"] != told[seq]["subject"]
        )
        began = {one["data"]["subject"]["id"] for one in everything.values() if one["type"] == "grant.issued"}
        ended = {one["data"]["subject"]["id"] for one in everything.values() if one["type"] in OVER}
        here = {str(id_) for id_, one in rows.grants.items() if one["ended_at"] is None}
        if began - ended != here:
            yield "I-49", f"a receiver makes {began - ended} of it; {here} are open"
        for seq, one in theirs.items():
            if not self.of_logistics(rows, one["data"]["subject"]):
                yield "I-50", f"logistics is told of {seq}: {one}"

    def deliver(self):
        """Send all that is due: (id, body) of each message."""
        heard = []

        def post(_to, body, headers, **_):
            heard.append((headers["webhook-id"], json.loads(body)))
            return Answer(204)

        with patch.object(sending.outbound, "post", post):
            sending.deliver(sender_of(self.world.settings), self.world.house)
        return heard

    def of_logistics(self, rows, subject):
        about = rows.grants if subject["kind"] == "grant" else rows.requests
        one = about[next(id_ for id_ in about if str(id_) == subject["id"])]
        people = {one.get(name) for name in ("employee_id", "requester_id", "beneficiary_id")} - {None}
        units = {str(rows.people[who]["business_unit_id"]) for who in people}
        there = str(one["account_id"]) in {str(self.accounts["instagram:cargo"])}
        return there or str(self.units["logistics"]) in units


def plain(answer):
    """An answer but for what is another in every answer."""
    body = answer.json()
    names = {name: value for name, value in body.items() if name not in ("instance", "request_id")}
    return answer.status_code, sorted(answer.headers), ID.sub("-", json.dumps(names, sort_keys=True))


class Watched(Sides):
    """The model beside services of which every call is looked at."""

    def check(self, operation, found):
        for side in self.sides:
            found += [(*one, side.name) for one in (*side.wrong, *side.of_the_log())]
            side.wrong = []
        super().check(operation, found)

    def without_log(self, operation, *args, **more):
        """An operation while nothing can be written to the log: it is not done, and says so."""
        found = []
        for side in self.sides:
            side.token(args[0])  # it is told of, too
            before = side.rows()
            with patch.object(audit_store, "insert_rows", side_effect=FULL):
                answer = getattr(side, operation)(*args, **more)
            if answer.status_code != 503 or side.rows() != before:
                found.append(("I-40", f"{operation} was answered {answer.status_code} {answer.text}", side.name))
            side.wrong = []
        if found:
            raise Broken(found, self.told[-60:])

    def end(self):
        found = []
        for side in self.sides:
            checks = (side.of_its_guards(), side.of_tampering(), side.of_receivers(self.before[side]))
            found += [(*one, side.name) for each in checks for one in each]
        if found:
            raise Broken(found, self.told[-60:])
        super().end()
