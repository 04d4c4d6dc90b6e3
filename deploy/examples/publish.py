"""Post only when the Center of Excellence says so. Standard library only, to be copied.

    COE_URL=https://coe.example.com COE_TOKEN=coe_... python3 publish.py EMPLOYEE ACCOUNT FILE

ACCOUNT is our id of the account. The post goes into the folder `outbox`, where a real tool would send it to the network.
Exit 1: nothing was posted, and why.
"""

import hashlib
import json
import os
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode


def call(path, body=None):
    """A GET, or with a body a POST; anything but a success raises OSError."""
    headers = {"Authorization": f"Bearer {os.environ['COE_TOKEN']}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["COE_URL"] + path, sent, headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def refusals(employee, account, digest):
    """Why this may not be posted; nothing, if it may."""
    question = {
        "subject": {"type": "employee", "id": employee}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": account}, "context": {"content_sha256": digest},
    }  # fmt: skip
    answer = call("/access/v1/evaluation", question)
    return [] if answer["decision"] is True else answer["context"]["reasons"]


def redeem(account, digest):
    """Use the clearance of this content, if there is one: of two tools that try at once, the second is refused."""
    query = {"state": "cleared", "account_id": account, "limit": 200}
    while True:
        page = call(f"/v1/clearances?{urlencode(query)}")
        for one in page["items"]:
            if one["content_sha256"] == digest:
                return call(f"/v1/clearances/{one['id']}/redeem", {"content_sha256": digest})["state"]
        if page["next_cursor"] is None:
            return None
        query["cursor"] = page["next_cursor"]


def publish(employee, account, content):
    """Post it, or end with every reason why not."""
    digest = hashlib.sha256(content).hexdigest()
    reasons = refusals(employee, account, digest)
    if reasons:
        sys.exit("\n".join(f"{one['code']}: {one['message']} {one['remedy']['message']}" for one in reasons))
    used = redeem(account, digest)  # before it goes out: a clearance is good for one post, whatever happens to it
    Path("outbox").mkdir(exist_ok=True)
    Path("outbox", f"{digest}.txt").write_bytes(content)
    print("posted" + (", clearance redeemed" if used else ""))


if __name__ == "__main__":
    try:
        publish(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes())
    except OSError as error:
        sys.exit(f"Nothing was posted: {error}.")
