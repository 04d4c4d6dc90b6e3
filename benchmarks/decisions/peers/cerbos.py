"""Cerbos: its own AuthZEN endpoint. It keeps no grants: each question brings the one that it is about, the smallest body."""

import json
from pathlib import Path

from benchmarks.decisions.world import World, question

_POLICY = """\
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  version: default
  resource: account
  rules:
    - actions: [publish]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition:
        match:
          expr: P.id in R.attr.publishers && timestamp(R.attr.expires) > now()
"""
_CONFIGURATION = """\
server:
  httpListenAddr: 127.0.0.1:{port}
  grpcListenAddr: 127.0.0.1:{grpc}
telemetry:
  disabled: true
storage:
  driver: disk
  disk:
    directory: {policies}
    watchForChanges: false
"""


def configured(folder: Path, port: int, grpc: int) -> list[str]:
    """Write its policy and its settings; the words after the program's name that start it."""
    policies = folder / "cerbos-policies"
    policies.mkdir(exist_ok=True)
    (policies / "account.yaml").write_text(_POLICY, encoding="utf-8")
    settings = folder / "cerbos.yaml"
    settings.write_text(_CONFIGURATION.format(port=port, grpc=grpc, policies=policies), encoding="utf-8")
    return ["server", f"--config={settings}", "--log-level=error"]


def body(world: World, pair: tuple[int, int]) -> str:
    """A question, with whether there is a grant and until when."""
    asked = question(pair)
    subject, resource = dict(asked["subject"]), dict(asked["resource"])  # type: ignore[call-overload]
    subject["properties"] = {"roles": ["user"]}
    publishers = [subject["id"]] if pair in world.in_force else []
    resource["properties"] = {"publishers": publishers, "expires": "2100-01-01T00:00:00Z"}
    return json.dumps(asked | {"subject": subject, "resource": resource}, separators=(",", ":"))
