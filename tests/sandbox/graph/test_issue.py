"""Issues, labels and people, as GraphQL finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.comment import comment, open_issue

if TYPE_CHECKING:
    from tests.sandbox.graph.asker import Asker


def test_issues_are_no_pull_requests(asker: Asker) -> None:
    """An issue is found as an issue, a pull request as both but not as an issue."""
    issue = open_issue(asker.world, asker.person, asker.repository, "It does not greet", None)
    comment(asker.world, asker.person, issue, "Indeed.")
    asker.commit("topic", {"new.md": "n\n"})
    asker.open("topic")

    told = asker.at(
        "issue(number: 1) { state title body closed url comments(first: 1) { nodes { pullRequest { id } } } } "
        "either: issueOrPullRequest(number: 2) { __typename } other: issueOrPullRequest(number: 1) { __typename }",
    )

    assert told["issue"]["body"] == ""
    assert told["issue"]["url"].endswith("/issues/1")
    assert told["issue"]["comments"] == {"nodes": [{"pullRequest": None}]}
    assert (told["either"], told["other"]) == ({"__typename": "PullRequest"}, {"__typename": "Issue"})
    for field, said in (
        ("issue(number: 2) { id }", "Could not resolve to an Issue with the number of 2."),
        ("pullRequest(number: 1) { id }", "Could not resolve to a PullRequest with the number of 1."),
        ("issueOrPullRequest(number: 7) { __typename }", "Could not resolve to an issue or pull request with the"),
    ):
        error = asker.refused(f'{{ repository(owner: "acme", name: "speak") {{ {field} }} }}')
        assert error["type"] == "NOT_FOUND"
        assert error["message"].startswith(said)


def test_labels_of_a_repository_are_found(asker: Asker) -> None:
    """By name, and in order."""
    told = asker.at(
        'label(name: "Bug") { name color } none: label(name: "x") { id } '
        'labels(first: 9, query: "u", orderBy: {field: NAME, direction: DESC}) { nodes { name } }',
    )

    assert told["label"] == {"name": "bug", "color": "d73a4a"}
    assert told["none"] is None
    assert [node["name"] for node in told["labels"]["nodes"]] == ["documentation", "bug"]


def test_people_and_organizations_are_found_by_login(asker: Asker) -> None:
    """And one of the wrong kind is not found."""
    user = "login id avatarUrl(size: 40) resourcePath"
    told = asker.ask(f'{{ user(login: "octo-maintainer") {{ {user} }} organization(login: "acme") {{ createdAt }} }}')

    assert told["user"]["login"] == "octo-maintainer"
    assert told["user"]["resourcePath"] == "/octo-maintainer"
    assert told["user"]["avatarUrl"] == f"http://127.0.0.1:1/avatars/u/{asker.person.account.id}?s=40&v=4"
    assert told["organization"]["createdAt"] == "2026-05-04T13:06:40Z"
    assert asker.refused('{ user(login: "acme") { id } }')["message"] == (
        "Could not resolve to a User with the login of 'acme'."
    )
