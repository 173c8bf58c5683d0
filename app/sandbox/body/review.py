"""Reviews and their comments as GitHub shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account
from app.sandbox.body.issue import associate

if TYPE_CHECKING:
    from app.sandbox.model import Json, Review, ReviewComment
    from app.sandbox.world import World


def show_review(world: World, review: Review) -> Json:
    """Return a review."""
    pull = review.pull
    api, page = _addresses(world, review)
    html = f"{page}#pullrequestreview-{review.id}"
    return {
        "id": review.id,
        "node_id": review.node,
        "user": show_account(world, review.account),
        "body": review.body,
        "state": review.state,
        "html_url": html,
        "pull_request_url": api,
        "_links": {"html": {"href": html}, "pull_request": {"href": api}},
        "submitted_at": review.submitted,
        "commit_id": review.head,
        "author_association": associate(world, pull.repository, review.account),
    }


def show_review_comment(world: World, comment: ReviewComment) -> Json:
    """Return a comment of a review; its line is null where the diff does not show it any more."""
    review, line = comment.review, comment.now
    api, page = _addresses(world, review)
    url = f"{world.api}/repos/{review.pull.repository.full_name}/pulls/comments/{comment.id}"
    html = f"{page}#discussion_r{comment.id}"
    return {
        "id": comment.id,
        "node_id": comment.node,
        "url": url,
        "pull_request_review_id": review.id,
        "diff_hunk": comment.hunk,
        "path": comment.path,
        "commit_id": review.pull.head if line else review.head,
        "original_commit_id": review.head,
        "user": show_account(world, review.account),
        "body": comment.body,
        "created_at": comment.created,
        "updated_at": comment.created,
        "html_url": html,
        "pull_request_url": api,
        "author_association": associate(world, review.pull.repository, review.account),
        "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": api}},
        "line": line,
        "original_line": comment.line,
        "side": "RIGHT",
        "subject_type": "line",
    }


def _addresses(world: World, review: Review) -> tuple[str, str]:
    """Return where a pull request is for programs, and where for people."""
    name, number = review.pull.repository.full_name, review.pull.number
    return f"{world.api}/repos/{name}/pulls/{number}", f"{world.url}/{name}/pull/{number}"
