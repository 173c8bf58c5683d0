"""Reviews of pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.review import review
from app.sandbox.body.review import show_review, show_review_comment
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Pull
    from app.sandbox.table import Call

_ONE = "/repos/{owner}/{repo}/pulls/{number:int}"


def _pull(call: Call) -> Pull:
    return call.world.pull(call.repository, call.params["number"])


@rule("GET", _ONE + "/reviews", "pull_requests=read")
def _list_reviews(call: Call) -> Reply:
    return page(call, _pull(call).reviews, lambda each: show_review(call.world, each))


@rule("POST", _ONE + "/reviews", "pull_requests=write")
def _create_review(call: Call) -> Reply:
    made = review(call.world, call.bearer.actor, _pull(call), call.wish())
    return Reply(show_review(call.world, made))


@rule("GET", _ONE + "/comments", "pull_requests=read")
def _list_comments(call: Call) -> Reply:
    found = [comment for each in _pull(call).reviews for comment in each.comments]
    return page(call, found, lambda each: show_review_comment(call.world, each))
