"""Comments, reactions, labels and pull requests, written by GraphQL's mutations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox.act.comment import comment, open_issue
from app.sandbox.model import Unserved

if TYPE_CHECKING:
    from tests.sandbox.graph.asker import Asker


@pytest.fixture(autouse=True)
def topic(asker: Asker) -> None:
    """A branch to propose."""
    asker.commit("topic", {"a.md": "a\n"})


def test_a_comment_is_written_and_told(asker: Asker) -> None:
    """The edge has the comment, the subject is the pull request, and a webhook goes out by a bot."""
    pull = asker.open("topic")
    asker.told()
    fields = "commentEdge { cursor node { body author { login } } } subject { __typename id }"
    made = asker.change("addComment", fields, {"subjectId": pull.node, "body": "Waiting for a runner."})

    assert made["commentEdge"]["node"] == {"body": "Waiting for a runner.", "author": {"login": "discharge"}}
    assert made["subject"] == {"__typename": "PullRequest", "id": pull.node}
    assert asker.told() == ["issue_comment.created"]


def test_a_long_comment_is_refused(asker: Asker) -> None:
    """GitHub's bound on a body."""
    pull = asker.open("topic")

    assert asker.denied("addComment", {"subjectId": pull.node, "body": "x" * 65_537}) == (
        "UNPROCESSABLE",
        "Body is too long (maximum is 65536 characters)",
    )


def test_a_reaction_counts_once(asker: Asker) -> None:
    """The same reaction twice is one; it stands at the comment."""
    said = comment(asker.world, asker.person, asker.open("topic"), "/discharge all")
    wish = {"subjectId": said.node, "content": "EYES"}
    fields = "reaction { id databaseId content createdAt user { login } } subject { __typename id }"
    one, two = (asker.change("addReaction", fields, wish) for _ in range(2))

    assert one["reaction"]["id"] == two["reaction"]["id"]
    assert one["reaction"]["content"] == "EYES"
    assert one["subject"]["id"] == said.node
    asker.change("addReaction", "reaction { content }", {"subjectId": said.node, "content": "THUMBS_DOWN"})
    asker.change("addReaction", "reaction { content }", {"subjectId": said.issue.node, "content": "ROCKET"})
    told = asker.ask(
        f'{{ node(id: "{said.node}") {{ ... on IssueComment {{ all: reactions(first: 9) {{ nodes {{ content }} }} '
        "some: reactions(first: 9, content: EYES, orderBy: {field: CREATED_AT, direction: ASC}) { totalCount } } } }"
    )
    assert told["node"]["all"]["nodes"] == [{"content": "EYES"}, {"content": "THUMBS_DOWN"}]
    assert told["node"]["some"] == {"totalCount": 1}


def test_a_comment_is_folded_away_and_shown_again(asker: Asker) -> None:
    """With the reason, as GitHub spells it."""
    said = comment(asker.world, asker.token.actor, asker.open("topic"), "old")
    folded = "minimizedComment { __typename isMinimized minimizedReason ... on IssueComment { id } }"
    made = asker.change("minimizeComment", folded, {"subjectId": said.node, "classifier": "OFF_TOPIC"})
    assert made["minimizedComment"] == {
        "__typename": "IssueComment",
        "isMinimized": True,
        "minimizedReason": "off-topic",
        "id": said.node,
    }

    made = asker.change(
        "unminimizeComment", "unminimizedComment { isMinimized minimizedReason }", {"subjectId": said.node}
    )
    assert made["unminimizedComment"] == {"isMinimized": False, "minimizedReason": None}


def test_labels_are_put_on(asker: Asker) -> None:
    """Labels of the repository, by node id; another repository's are refused."""
    pull = asker.open("topic")
    other = asker.world.add_repository("acme/other")
    mine, theirs = asker.repository.labels["bug"].node, other.labels["bug"].node
    fields = "labelable { ... on PullRequest { labels(first: 3, orderBy: {field: CREATED_AT, direction: ASC}) {"
    fields += " nodes { name } } } }"
    made = asker.change("addLabelsToLabelable", fields, {"labelableId": pull.node, "labelIds": [mine]})

    assert made["labelable"]["labels"]["nodes"] == [{"name": "bug"}]
    wish = {"labelableId": pull.node, "labelIds": [theirs]}
    assert asker.denied("addLabelsToLabelable", wish)[0] == "NOT_FOUND"


def test_either_permission_lets_talk_on_a_pull_request(asker: Asker) -> None:
    """On an issue only the permission for issues does."""
    pull = asker.open("topic")
    issue = open_issue(asker.world, asker.person, asker.repository, "An issue", "b")
    asker.limit(pull_requests="write")

    asker.change("addComment", "subject { id }", {"subjectId": pull.node, "body": "so"})
    assert asker.denied("addComment", {"subjectId": issue.node, "body": "so"})[0] == "FORBIDDEN"
    asker.limit(metadata="read")
    assert asker.denied("addComment", {"subjectId": pull.node, "body": "so"})[0] == "FORBIDDEN"


def test_a_pull_request_is_opened_and_edited(asker: Asker) -> None:
    """Opened by the bot as a draft, edited, made ready, closed and opened again."""
    wish = {
        "repositoryId": asker.repository.node,
        "headRefName": "topic",
        "baseRefName": "refs/heads/main",
        "title": "discharge it",
        "body": "Held.",
        "draft": True,
    }
    state = "pullRequest { id number title body state isDraft author { login } viewerDidAuthor }"
    asker.told()
    opened = asker.change("createPullRequest", state, wish)["pullRequest"]

    assert (opened["number"], opened["isDraft"], opened["author"]) == (1, True, {"login": "discharge"})
    assert opened["viewerDidAuthor"] is True
    ready = asker.change("markPullRequestReadyForReview", state, {"pullRequestId": opened["id"]})["pullRequest"]
    assert ready["isDraft"] is False
    edit = {"pullRequestId": opened["id"], "title": "discharge them", "body": "", "baseRefName": None}
    edited = asker.change("updatePullRequest", f"actor {{ login }} {state}", edit)["pullRequest"]
    assert (edited["title"], edited["body"]) == ("discharge them", "")
    closed = asker.change("closePullRequest", state, {"pullRequestId": opened["id"]})["pullRequest"]
    assert closed["state"] == "CLOSED"
    again = asker.change("updatePullRequest", state, {"pullRequestId": opened["id"], "state": "OPEN"})["pullRequest"]
    assert again["state"] == "OPEN"
    draft = asker.change("convertPullRequestToDraft", state, {"pullRequestId": opened["id"]})["pullRequest"]
    assert draft["isDraft"] is True
    assert asker.told() == [
        "pull_request.opened",
        "pull_request.ready_for_review",
        "pull_request.edited",
        "pull_request.closed",
        "pull_request.reopened",
        "pull_request.converted_to_draft",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"headRefName": "main"}, "No commits between main and main"),
        ({"headRefName": "topic"}, "A pull request already exists for acme:topic."),
    ],
)
def test_a_second_or_empty_pull_request_is_refused(asker: Asker, more: dict[str, Any], said: str) -> None:
    """GitHub's sentences, which REST hides in `errors`."""
    asker.open("topic")
    wish = {"repositoryId": asker.repository.node, "baseRefName": "main", "title": "t", **more}

    assert asker.denied("createPullRequest", wish) == ("UNPROCESSABLE", said)


def test_a_pull_request_comes_from_a_fork(asker: Asker) -> None:
    """The head repository is named by its node id; one that the token does not see is not there."""
    wish = {"repositoryId": asker.repository.node, "headRefName": "topic", "baseRefName": "main", "title": "From afar"}
    near, far = (asker.world.add_repository(f"{who}/copy", parent=asker.repository) for who in ("acme", "octo-reader"))
    near.store.fetch(asker.repository.store.folder, "+refs/heads/topic:refs/heads/topic")

    state = "pullRequest { isCrossRepository headRepository { nameWithOwner isFork parent { name } } }"
    made = asker.change("createPullRequest", state, {**wish, "headRepositoryId": near.node})["pullRequest"]

    assert made["isCrossRepository"] is True
    assert made["headRepository"] == {"nameWithOwner": "acme/copy", "isFork": True, "parent": {"name": "speak"}}
    assert asker.denied("createPullRequest", {**wish, "headRepositoryId": far.node})[0] == "NOT_FOUND"


def test_what_is_not_served_of_an_edit_is_said(asker: Asker) -> None:
    """Assignees, milestones and projects do not exist here."""
    pull = asker.open("topic")
    with pytest.raises(Unserved, match=r"UpdatePullRequestInput\.assigneeIds"):
        asker.denied("updatePullRequest", {"pullRequestId": pull.node, "assigneeIds": []})
