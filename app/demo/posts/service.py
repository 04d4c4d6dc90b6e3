"""Submitting the demo's posts, and saying a word on those that were decided."""

from app.demo.stage.service import HOUR, Founding
from app.governance.clearances import service as clearances
from app.governance.clearances.rules import Clearance
from app.governance.clearances.service import Content

from . import rules
from .rules import Post


def submit_posts(one: Founding) -> None:
    """Have posts cleared, and leave one waiting; what can be tried out with them is said."""
    made = {post: _submit(one, post) for post in rules.POSTS}
    one.examples |= {
        "clearance_id": str(made[rules.WAITING].id),
        "redeem_clearance.clearance_id": str(made[rules.CLEARED].id),
        "redeem_clearance.content_sha256": rules.CLEARED.content_sha256,
    }


def _submit(one: Founding, post: Post) -> Clearance:
    with one.acting(post.who, post.ago) as work:
        made = clearances.submit(work, Content(one.accounts[post.account], post.content_sha256, None, post.note))
    if post.verdict is not None:
        with one.acting(rules.DECIDER, post.ago - HOUR / 2) as work:
            clearances.decide(work, made.id, post.verdict, post.comment)
    return made
