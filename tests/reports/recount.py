"""The figures of every report once more, in plain Python over the rows of the tables, by what ``domain.md`` says.

Nothing here is taken from the service but the names of its tables and columns.
"""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from math import ceil

from .rows import Rows

IN_USE = ("approved", "active", "suspended")
LIVING = ("proposed", "changes_requested", *IN_USE, "decommissioning")
STATES = (
    "proposed", "changes_requested", "denied", "withdrawn", "approved", "active", "suspended", "decommissioning",
    "archived", "discovered", "disputed",
)  # fmt: skip
FLAGS = (
    "idle", "orphaned", "single_custodian", "unvalidated", "look_alike", "duplicate", "no_objective", "no_mfa",
    "unauthorised_tool",
)  # fmt: skip
RIGHTS = ("draft", "publish", "engage", "analyze", "administer")
CEILINGS = {
    "decentralized": RIGHTS, "centralized": ("draft", "analyze"), "hub_and_spoke": RIGHTS[:4], "dandelion": RIGHTS,
    "honeycomb": RIGHTS[:4],
}  # fmt: skip
STEPS = ("account_liaison", "beneficiary_liaison", "community_manager", "strategist")
ROLES = {"account_liaison": "bu_liaison", "beneficiary_liaison": "bu_liaison", "community_manager": "community_manager",
         "strategist": "strategist"}  # fmt: skip


def share(part, whole):
    return str((Decimal(part) / whole).quantize(Decimal("0.0001"))) if whole else None


def hours(seconds):
    return None if seconds is None else str((Decimal(round(seconds)) / 3600).quantize(Decimal("0.01")))


def nearest_rank(values, percent):
    return sorted(values)[ceil(percent * len(values) / 100) - 1] if values else None


class Raw(Rows):
    """The figures of each report, of the part that is looked at."""

    def inventory(self):
        found = defaultdict(Counter)
        for one in self.accounts():
            counts = found[self.key(one["business_unit_id"]), one["network"]]
            counts.update(["accounts", one["state"], *self.flags(one)])
        return {
            key: {**{name: counts[name] for name in ("accounts", *STATES, *FLAGS)},
                  "idle_share": share(counts["idle"], counts["active"])}
            for key, counts in found.items()
        }  # fmt: skip

    def flags(self, account):
        def least(rule, usual):
            there = [
                one["version"]["rules"]
                for one in self.policies()
                if self.covers(one, account["business_unit_id"], account["network"])
            ]
            return timedelta(days=min((one[rule] for one in there if rule in one), default=usual))

        found = []
        if account["state"] in IN_USE:
            present = [
                one for one in (account["steward_id"], account["backup_steward_id"]) if one and self.employed(one)
            ]
            found += [["orphaned"], ["single_custodian"], []][len(present)]
            active, validated = account["last_activity_at"], account["last_validated_at"]
            if account["state"] == "active" and active and active + least("idle_after_days", 90) <= self.now:
                found.append("idle")
            if validated is None or validated + least("validate_every_days", 180) <= self.now:
                found.append("unvalidated")
            living = {one["key"] for one in self.table("objective") if one["retired_at"] is None}
            found += ["no_objective"] if account["objective"] not in living else []
            found += [] if account["mfa"] else ["no_mfa"]
            found += ["unauthorised_tool"] if any(not self.approved(one) for one in self.uses(account)) else []
            found += ["duplicate"] if account["audience"] and self.alike(account) > 1 else []
        if account["look_alike_of"] and account["state"] in LIVING:
            found.append("look_alike")
        return found

    def uses(self, account):
        return [one["tool_id"] for one in self.table("account_tool") if one["account_id"] == account["id"]]

    def approved(self, tool_id):
        """Does the newest decision about a tool approve it still, and is it registered, and the contract not over?"""
        decided = [
            one for one in self.table("assessment") if one["tool_id"] == tool_id and one["state"] != "proposed"
        ]  # fmt: skip
        last = max(decided, key=lambda one: one["decided_at"], default=None)
        sold_by = [one["vendor_id"] for one in self.table("tool_profile") if one["tool_id"] == tool_id]
        ends = [one["contract_ends_on"] for one in self.table("vendor") if one["id"] in sold_by]
        return bool(
            last and last["state"] == "approved" and last["valid_until"] > self.now
            and self.by_id("publishing_tool")[tool_id]["retired_at"] is None
            and all(end is None or end >= self.now.date() for end in ends)
        )  # fmt: skip

    def tools(self):
        """(tool, unit) -> accounts in use that use it."""
        found, keys = Counter(), {one["id"]: one["key"] for one in self.table("publishing_tool")}
        for one in self.accounts():
            if one["state"] in IN_USE:
                found.update((keys[tool], self.key(one["business_unit_id"])) for tool in self.uses(one))
        return found

    def platforms(self):
        """Unit -> active accounts, on one approved tool, on several, on one that is not approved, on none."""
        kinds = {one["tool_id"]: one["kinds"] for one in self.table("tool_profile")}
        found = defaultdict(Counter)
        for one in self.accounts():
            if one["state"] == "active":
                tools = [tool for tool in self.uses(one) if "publishing" in (kinds.get(tool) or ["publishing"])]
                bad = any(not self.approved(tool) for tool in tools)
                where = "without" if not tools else "not_approved" if bad else ["on_one", "on_several"][len(tools) > 1]
                found[self.key(one["business_unit_id"])].update(["accounts", where])
        return found

    def alike(self, account):
        names = ("network", "business_unit_id", "region", "audience")
        return sum(
            one["state"] in IN_USE and all(one[name] == account[name] for name in names)
            for one in self.table("account")
        )

    def rights(self):
        found, holders = defaultdict(Counter), defaultdict(set)
        publishing = {one["account_id"] for one in self.grants() if one["right"] == "publish"}
        for one in self.accounts():
            if one["state"] in IN_USE:
                counts = found[self.key(one["business_unit_id"]), one["network"]]
                counts.update({"accounts": 1, "accounts_without_publisher": one["id"] not in publishing})
        for one in self.grants():
            key = self.key(one["account"]["business_unit_id"]), one["account"]["network"]
            found[key].update({one["right"]: 1, "grants": 1, "paused": self.paused(one)})
            holders[key].add(one["employee_id"])
        names = ("accounts", "accounts_without_publisher", *RIGHTS, "grants", "paused")
        return {
            key: {**{name: counts[name] for name in names}, "holders": len(holders[key])}
            for key, counts in found.items()
        }

    def holders(self):
        """Name -> rights, to publish, accounts."""
        people, found = self.by_id("employee"), defaultdict(list)
        for one in self.grants():
            found[one["employee_id"]].append(one)
        return sorted(
            (
                -len(held), people[id_]["display_name"], self.key(people[id_]["business_unit_id"]), len(held),
                sum(one["right"] == "publish" for one in held), len({one["account_id"] for one in held}),
            )
            for id_, held in found.items()
        )  # fmt: skip

    def decided(self, since, until):
        there = {one["id"] for one in self.accounts()}
        return [
            one
            for one in self.table("request")
            if one["kind"] == "rights" and one["state"] in ("granted", "denied") and one["account_id"] in there
            and since <= one["ended_at"] < until
        ]  # fmt: skip

    def times(self, since, until):
        """What -> how many, median, 90th percentile; and of how many steps nobody kept when they began."""
        took, unknown = defaultdict(list), Counter()
        words = defaultdict(list)
        for one in self.table("request_decision"):
            words[one["request_id"], one["round"]].append(one)
        for one in self.decided(since, until):
            what = "granted_at_once" if one["state"] == "granted" and not one["steps"] else one["state"]
            took[what].append((one["ended_at"] - one["created_at"]).total_seconds())
            before = one["created_at"] if one["round"] == 1 else None
            mine = sorted(words[one["id"], one["round"]], key=lambda word: (word["at"], STEPS.index(word["kind"])))
            for n, word in enumerate(mine):
                if n + 1 < len(mine) and mine[n + 1]["kind"] == word["kind"]:
                    continue  # not the last word on this step
                if before is None:
                    unknown[word["kind"]] += 1
                else:
                    took[word["kind"]].append((word["at"] - before).total_seconds())
                before = word["at"]
        rows = {
            what: (
                len(took[what]) + unknown[what],
                hours(nearest_rank(took[what], 50)),
                hours(nearest_rank(took[what], 90)),
            )
            for what in ("granted", "granted_at_once", "denied", *STEPS)
        }
        return rows, sum(unknown.values())

    def attested(self):
        """(policy, unit of the people) -> due, current, missing, paused, share."""
        found = {}
        for policy in self.policies():
            if not policy["version"]["rules"].get("attestation_required"):
                continue
            said = {
                one["employee_id"]
                for one in self.table("attestation")
                if one["policy_version_id"] == policy["version"]["id"]
            }
            by = policy["version"]["effective_from"] + timedelta(days=policy["version"]["attestation_grace_days"])
            for unit, people in self.due(policy).items():
                missing = len(people - said)
                counts = (len(people), len(people & said), missing, missing if by <= self.now else 0)
                found[policy["key"], unit] = (*counts, share(counts[1], counts[0]))
        return found

    def due(self, policy):
        """Who is with us, in the part, and holds rights where a policy holds: by unit."""
        found = defaultdict(set)
        for one in self.table("posting_grant"):
            account = self.by_id("account")[one["account_id"]]
            unit_id = self.by_id("employee")[one["employee_id"]]["business_unit_id"]
            living = one["end"] is None and one["valid_until"] > self.now
            if (
                living and self.covers(policy, account["business_unit_id"], account["network"])
                and self.employed(one["employee_id"]) and self.inside_unit(unit_id) and self.on_network(one["employee_id"], policy)
            ):  # fmt: skip
                found[self.key(unit_id)].add(one["employee_id"])
        return found

    def on_network(self, person_id, policy):
        if self.network is None:
            return True
        accounts = self.by_id("account")
        held = [
            one
            for one in self.table("posting_grant")
            if one["employee_id"] == person_id and one["end"] is None and one["valid_until"] > self.now
        ]
        return policy["network"] in (None, self.network) and any(
            accounts[one["account_id"]]["network"] == self.network for one in held
        )

    def trained(self):
        """(course, policy, unit of the people) -> due, current, expired, missing, share."""
        courses, found = {one["key"]: one for one in self.table("course")}, {}
        for policy in self.policies():
            for asked in policy["version"]["rules"].get("required_training", ()):
                course = courses[asked["course"]]
                days = [one for one in (asked.get("valid_for_days"), course["valid_for_days"]) if one is not None]
                for unit, people in self.due(policy).items():
                    counts = Counter(self.standing(one, course, days) for one in people)
                    figures = (len(people), counts["current"], counts["expired"], counts["missing"])
                    name = f"{policy['key']}@{policy['version']['n']}"
                    found[course["key"], name, unit] = (*figures, share(figures[1], figures[0]))
        return found

    def standing(self, person_id, course, days):
        done = [
            one["completed_at"]
            for one in self.table("completion")
            if (one["employee_id"], one["course_id"]) == (person_id, course["id"]) and one["revoked_at"] is None
        ]
        if not done:
            return "missing"
        return "expired" if days and max(done) + timedelta(days=min(days)) <= self.now else "current"

    def campaigns(self, since, until):
        """Title -> counts of the items within the part."""
        found = {}
        for review in self.table("review"):
            over = review["closed_at"] or review["ends_at"]
            if not (review["created_at"] < until and over > since):
                continue
            items = [
                one for one in self.table("review_item") if one["review_id"] == review["id"] and self.item_inside(one)
            ]
            if items:
                found[review["title"]] = Counter(self.item_state(one, review) for one in items) | Counter(
                    items=len(items)
                )
        return found

    def item_inside(self, item):
        if self.unit is None and self.network is None:
            return True
        if item["account_id"]:
            return self.inside(self.by_id("account")[item["account_id"]])
        scope = self.by_id("appointment")[item["appointment_id"]]
        there = self.unit is None or (
            scope["business_unit_id"] is not None and self.inside_unit(scope["business_unit_id"])
        )
        return there and self.network in (None, scope["network"])

    def item_state(self, item, review):
        if item["outcome"]:
            return item["outcome"]
        if item["kind"] == "grants":
            grant = self.by_id("posting_grant")[item["grant_id"]]
            alive = grant["end"] is None and grant["valid_until"] > self.now
        elif item["kind"] == "appointments":
            one = self.by_id("appointment")[item["appointment_id"]]
            alive = one["ended_at"] is None and (one["valid_until"] is None or one["valid_until"] > self.now)
        else:
            alive = self.by_id("account")[item["account_id"]]["state"] in IN_USE
        if not alive or (item["holder_id"] and not self.employed(item["holder_id"])):
            return "moot"
        if review["closed_at"]:
            return "unreviewed"
        if review["ends_at"] <= self.now:
            return "lapsed"
        return "escalated" if review["due_at"] <= self.now else "waiting"

    def freezes(self, since, until):
        """Id -> what, state, hours."""
        found = {}
        for one in self.table("freeze"):
            ends = [at for at in (one["lifted_at"], one["until"]) if at is not None]
            if one["created_at"] >= until or any(at <= since for at in ends) or not self.stopped(one):
                continue
            over = one["until"] is not None and one["until"] <= self.now
            state = "lifted" if one["lifted_at"] else "over" if over else "in_force"
            lasted = (min(*ends, self.now) if ends else self.now) - one["created_at"]
            found[str(one["id"])] = (
                one["kind"],
                one["severity"],
                state,
                hours(lasted.total_seconds()),
                len(one["exempt"]),
            )
        return found

    def stopped(self, freeze):
        """Is any place of the part under it?"""
        if freeze["kind"] == "enterprise":
            return True
        if freeze["kind"] == "network":
            return self.network in (None, freeze["network"])
        if freeze["kind"] == "account":
            return self.inside(self.by_id("account")[freeze["account_id"]])
        units = [one["id"] for one in self.table("business_unit") if self.inside_unit(one["id"])]
        return any(freeze["business_unit_id"] in self.path(one) for one in units)

    def fit(self):
        """Unit -> model, routed as, accounts, liaisons, needed, hub, strategists, platform, above the ceiling, works."""
        chosen = {one["business_unit_id"] for one in self.table("governance_setting")}
        found = {}
        for unit in self.table("business_unit"):
            if unit["state"] != "open" or not self.inside_unit(unit["id"]):
                continue
            accounts = [
                one for one in self.accounts() if one["business_unit_id"] == unit["id"] and one["state"] in IN_USE
            ]
            if accounts or unit["id"] in chosen:
                found[unit["key"]] = self.fits(unit, len(accounts))
        return found

    def fits(self, unit, accounts):
        model, platform_id = self.model(unit["id"])
        liaisons, hub, bosses = (
            self.people_with(role, unit["id"]) for role in ("bu_liaison", "community_manager", "strategist")
        )
        needed = {"hub_and_spoke": 1, "dandelion": 2, "honeycomb": 1}.get(model, 0)
        routed = "hub_and_spoke" if model == "dandelion" and len(liaisons) < 2 else model
        platform = self.by_id("publishing_tool").get(platform_id)
        works = bool(bosses) and len(liaisons) >= needed
        works = works and (model not in ("hub_and_spoke", "honeycomb") or bool(hub))
        works = works and (model != "honeycomb" or (platform is not None and platform["retired_at"] is None))
        approved = {one["business_unit_id"] for one in self.table("strategy") if one["state"] == "approved"}
        works = works and (model != "dandelion" or bool(approved & set(self.path(unit["id"])[1:])))
        above = [
            one
            for one in self.grants()
            if one["account"]["business_unit_id"] == unit["id"] and one["right"] not in CEILINGS[model]
            and not self.coe(one["employee_id"])
        ]  # fmt: skip
        counts = (len(liaisons), needed, len(hub), len(bosses))
        return (model, routed, accounts, *counts, platform and platform["key"], len(above), works)

    def model(self, unit_id):
        for here in (*reversed(self.path(unit_id)), None):
            choices = [
                one
                for one in self.table("governance_setting")
                if one["business_unit_id"] == here and one["effective_from"] <= self.now
            ]
            if choices:
                latest = max(choices, key=lambda one: (one["effective_from"], one["created_at"], one["id"]))
                return latest["model"], latest["platform_id"]
        return "hub_and_spoke", None

    def coe(self, person_id):
        held = [one for one in self.appointments() if one["employee_id"] == person_id]
        return any(
            one["role"] in ("strategist", "content_strategist")
            or (one["role"] == "community_manager" and one["scope_kind"] == "enterprise")
            for one in held
        )
