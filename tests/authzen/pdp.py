"""A decision point as tools see it: addresses, bodies and answers, and nothing behind them."""

import json

EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
SUBJECT, RESOURCE, ACTION = (f"/access/v1/search/{kind}" for kind in ("subject", "resource", "action"))
ENDPOINTS = (EVALUATION, EVALUATIONS, SUBJECT, RESOURCE, ACTION)
METADATA = "/.well-known/authzen-configuration"
RIGHTS = ("administer", "analyze", "draft", "engage", "publish")


def subject(id_, **more):
    return {"type": "employee", "id": id_, **more}


def action(name, **more):
    return {"name": name, **more}


def resource(id_, **more):
    return {"type": "account", "id": id_, **more}


class Pdp:
    """``call(path, body, who)``: one request; ``bearers``: the token of each who may ask. ``ids``: who and what there is."""

    def __init__(self, client, bearers, ids):
        self.client = client
        self.bearers = bearers
        self.ids = ids

    def send(self, path, raw, who="tool", method="POST", **headers):
        """Bytes as they are. A header that is None is not sent."""
        sent = {"Content-Type": "application/json"}
        if who:
            sent["Authorization"] = f"Bearer {self.bearers[who]}"
        sent |= headers
        content = raw if isinstance(raw, bytes | str) else json.dumps(raw)
        headers = [(name, value) for name, value in sent.items() if value is not None]
        return self.client.request(method, path, content=content, headers=headers)

    def want(self, status, path, body, who="tool", **headers):
        answer = self.send(path, body, who, **headers)
        assert answer.status_code == status, f"{path} {body}: {answer.status_code} {answer.text[:600]}"
        return answer.json()

    def question(self, who="asker", right="publish", account="acme", **more):
        return {
            "subject": subject(self.ids.get(who, who)), "action": action(right),
            "resource": resource(self.ids.get(account, account)), **more,
        }  # fmt: skip

    def good(self, path):
        """A request that this endpoint takes."""
        asked = self.question()
        if path == SUBJECT:
            return {**asked, "subject": {"type": "employee"}}
        if path == RESOURCE:
            return {**asked, "resource": {"type": "account"}}
        if path == ACTION:
            return {name: asked[name] for name in ("subject", "resource")}
        return asked

    def decide(self, *args, by="tool", **more):
        return self.want(200, EVALUATION, self.question(*args, **more), by)["decision"]

    def batch(self, items, by="tool", **more):
        return self.want(200, EVALUATIONS, {"evaluations": items, **more}, by)["evaluations"]

    def search(self, path, by="tool", **changed):
        return self.want(200, path, {**self.good(path), **changed}, by)

    def found(self, path, by="tool", **changed):
        """What a search finds, all of it on one page."""
        answer = self.search(path, by, **changed)
        assert answer["page"] == {"next_token": "", "count": len(answer["results"])}
        return [one.get("id") or one["name"] for one in answer["results"]]
