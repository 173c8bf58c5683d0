"""The GitHub client on the sandbox: what each method does, and how many requests it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.github import Annotation, Button, Check, CheckDraft, Pull, Refused, Said
from app.hub import query
from app.hub.answer import Denied
from app.hub.checkrun import CHUNK
from tests.app.remote import FILES, HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.client import Client

SURVEY = "POST graphql:Survey 200"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path) as remote:
        yield remote


@pytest.fixture
def client(remote: Remote) -> Iterator[Client]:
    """The app's client of `acme/hello`."""
    with remote.client() as client:
        yield client


def draft(head: str, **more: object) -> CheckDraft:
    """Return a check run that has only begun."""
    begun = CheckDraft("discharge", head, "key-1", "in_progress", "", "Running", "One leg.")
    return CheckDraft(**{**{name: getattr(begun, name) for name in begun.__slots__}, **more})


def notes(count: int) -> tuple[Annotation, ...]:
    """Return so many annotations, each on a line of its own."""
    return tuple(Annotation("contracts/a.yaml", n, "warning", f"Line {n} is odd.", "Odd") for n in range(count))


def test_a_survey_tells_everything_at_once(remote: Remote, client: Client) -> None:
    """Default branch, pull request, comments, the app's own open pull requests and check runs: one request."""
    sandbox = remote.sandbox
    number = sandbox.open_pull(HELLO, "topic", "A change", "Why", files={"a.txt": "a\n"})
    sandbox.label(HELLO, number, "bug")
    sandbox.comment(HELLO, number, "/discharge all")
    own = client.write_comment(number, "<!-- status -->", None)
    before = client.survey(number)
    assert before.pull
    check = client.write_check(draft(before.pull.head), None)
    other = client.write_check(draft(remote.first, key="key-2"), None)
    branch = client.write_branch("spec/v2", remote.first, {"a.txt": b"a\n"}, "spec: v2\n", tip=None)
    mine = client.open_pull("spec/v2", "main", "spec: v2", "Body", ["discharge"])
    remote.told.clear()

    survey = client.survey(number, [remote.first])

    assert remote.routes == [SURVEY]
    assert (survey.branch, survey.head) == ("main", remote.first)
    assert survey.pull == Pull(
        number=number,
        node=before.pull.node,
        state="OPEN",
        title="A change",
        body="Why",
        author="octo-maintainer",
        own=False,
        fork=False,
        branch="topic",
        head=before.pull.head,
        base="main",
        landed=None,
        labels=("bug",),
        auto_merge=False,
    )
    assert [(said.author, said.own, said.body) for said in survey.said] == [
        ("octo-maintainer", False, "/discharge all"),
        ("discharge", True, "<!-- status -->"),
    ]
    assert survey.said[1].id == own
    assert [(pull.number, pull.own, pull.branch, pull.head, pull.labels) for pull in survey.pulls] == [
        (mine, True, "spec/v2", branch, ("discharge",))
    ]
    assert survey.checks == (
        Check(check, "discharge", before.pull.head, "key-1", "in_progress", "", "Running", "One leg.", ""),
        Check(other, "discharge", remote.first, "key-2", "in_progress", "", "Running", "One leg.", ""),
    )


def test_a_survey_without_a_pull_request_leaves_it_out(remote: Remote, client: Client) -> None:
    """So does one about a number that is no pull request's, and a commit that nobody knows has no check runs."""
    issue = remote.sandbox.open_issue(HELLO, "Only an issue")
    for number, commits in ((None, ()), (issue, ()), (999, ["0" * 40])):
        survey = client.survey(number, commits)
        assert (survey.pull, survey.said, survey.pulls, survey.checks) == (None, (), (), ())
        assert survey.head == remote.first
    assert remote.routes == [SURVEY] * 3
    with pytest.raises(ValueError, match="10 commits"):
        client.survey(None, ["0" * 40] * 11)


def test_a_survey_of_a_landed_pull_request_has_its_commit(remote: Remote, client: Client) -> None:
    """What it became is known, and so are the check runs at that commit."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    landed = remote.sandbox.merge(HELLO, number)
    client.write_check(draft(landed), None)
    survey = client.survey(number)
    assert survey.pull
    assert (survey.pull.state, survey.pull.landed) == ("MERGED", landed)
    assert [check.head for check in survey.checks] == [landed]


def test_long_lists_are_read_to_their_end(remote: Remote, client: Client) -> None:
    """Every further hundred comments or open pull requests is one more request, and none is missed."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    sticky = client.write_comment(number, "sticky", None)
    for n in range(205):
        remote.sandbox.comment(HELLO, number, f"{n}")
    mine = client.open_pull("topic", "main", "same", "", [])
    assert mine == number
    remote.told.clear()
    said = client.survey(number).said
    assert remote.routes == [SURVEY, *["POST graphql:Comments 200"] * 2]
    assert said[0] == Said(sticky, "discharge", own=True, body="sticky")
    assert [one.body for one in said[1:]] == [f"{n}" for n in range(205)]


def test_open_pull_requests_beyond_the_first_page_are_looked_at(
    remote: Remote, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours is the oldest of those that are open, and found; here a page has two of them, on GitHub a hundred."""
    short = lambda commits: query.survey(commits).replace("first: 100, orderBy", "first: 2, orderBy")  # noqa: E731
    monkeypatch.setattr("app.hub.client.survey", short)
    client.write_branch("spec/v2", remote.first, {"b.txt": b"b\n"}, "spec\n", tip=None)
    mine = client.open_pull("spec/v2", "main", "spec", "", [])
    for n in range(2):
        remote.sandbox.open_pull(HELLO, f"topic-{n}", files={"a.txt": f"{n}\n"})
    remote.told.clear()
    assert [pull.number for pull in client.survey().pulls] == [mine]
    assert remote.routes == [SURVEY, "POST graphql:Pulls 200"]


@pytest.mark.parametrize(
    ("login", "role"),
    [("octo-maintainer", "maintain"), ("octo-writer", "write"), ("octo-stranger", "read"), ("octo-nobody", "none")],
)
def test_a_role_is_one_request(remote: Remote, client: Client, login: str, role: str) -> None:
    """What a person may do is asked about that person alone; nobody knows a stranger."""
    remote.sandbox.world.person("octo-stranger")
    assert client.role(login) == role
    assert len(remote.routes) == 1


def test_a_reaction_is_one_however_often(remote: Remote, client: Client) -> None:
    """The same reaction twice is one on GitHub."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    comment = remote.sandbox.comment(HELLO, number, "/discharge all")
    client.react(comment, "eyes")
    assert len(remote.routes) == 1
    client.react(comment, "eyes")
    assert remote.snapshot()["issues"][str(number)]["comments"][0]["reactions"] == ["discharge[bot] eyes"]


def test_a_comment_is_written_and_changed(remote: Remote, client: Client) -> None:
    """One request each; a comment that somebody deleted is written anew."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    comment = client.write_comment(number, "first", None)
    assert client.write_comment(number, "second", comment) == comment
    assert len(remote.routes) == 2
    shown = remote.snapshot()["issues"][str(number)]["comments"]
    assert [(one["author"], one["body"]) for one in shown] == [("discharge[bot]", "second")]
    remote.sandbox.delete_comment(HELLO, comment)
    assert client.write_comment(number, "third", comment) != comment
    with pytest.raises(Refused) as refused:
        client.write_comment(number, "x" * 65_537, None)
    assert refused.value.status == 422
    with pytest.raises(Refused):
        client.write_comment(number, "x" * 65_537, client.survey(number).said[0].id)


def test_a_check_run_is_one_request(remote: Remote, client: Client) -> None:
    """It begins, and it ends with a conclusion, text and buttons."""
    check = client.write_check(draft(remote.first), None)
    buttons = (Button("Run again", "Run the smoke again", "retry"),)
    done = draft(
        remote.first, status="completed", conclusion="success", title="Held", text="All of it", buttons=buttons
    )
    assert client.write_check(done, check) == check
    assert remote.routes == [
        "POST /repos/{repository}/check-runs 201",
        "PATCH /repos/{repository}/check-runs/{check} 200",
    ]
    run = remote.sandbox.world.repository(HELLO).checks[check]
    assert (run.status, run.conclusion, run.title, run.text) == ("completed", "success", "Held", "All of it")
    assert [action["identifier"] for action in run.actions] == ["retry"]


@pytest.mark.parametrize("count", [1, 50, 51, 100, 149])
def test_annotations_go_fifty_a_request(remote: Remote, client: Client, count: int) -> None:
    """Every annotation arrives once, in order; the first fifty with the check run itself."""
    check = client.write_check(draft(remote.first, annotations=notes(count)), None)
    assert len(remote.routes) == -(-count // CHUNK)
    run = remote.sandbox.world.repository(HELLO).checks[check]
    assert [note["message"] for note in run.annotations] == [f"Line {n} is odd." for n in range(count)]


def test_annotations_that_are_there_are_not_added_again(remote: Remote, client: Client) -> None:
    """Writing the same check run again, as a restarted process does, adds nothing; new annotations are added."""
    check = client.write_check(draft(remote.first, annotations=notes(60)), None)
    client.write_check(draft(remote.first, annotations=notes(60)), check)
    run = remote.sandbox.world.repository(HELLO).checks[check]
    assert len(run.annotations) == 60
    remote.told.clear()
    client.write_check(draft(remote.first, annotations=notes(120)), check)
    assert len(run.annotations) == 120
    assert len(remote.routes) == 3, "one to look, two to write"


def test_a_pull_request_is_opened_once(remote: Remote, client: Client) -> None:
    """Opening takes two requests with labels; opening again returns the one that is open."""
    client.write_branch("discharge/a/v1", remote.first, {"a.txt": b"a\n"}, "a\n", tip=None)
    remote.told.clear()
    number = client.open_pull("discharge/a/v1", "main", "discharge(a): …", "Body | `x`", ["discharge", "bot"])
    assert remote.routes == [
        "POST /repos/{repository}/pulls 201",
        "POST /repos/{repository}/issues/{number}/labels 200",
    ]
    assert client.open_pull("discharge/a/v1", "main", "other", "other", []) == number
    shown = remote.snapshot()["issues"][str(number)]
    assert (shown["title"], shown["body"], shown["labels"]) == ("discharge(a): …", "Body | `x`", ["bot", "discharge"])


def test_a_pull_request_without_a_change_is_refused(remote: Remote, client: Client) -> None:
    """GitHub's reason is kept."""
    with pytest.raises(Refused, match="main") as refused:
        client.open_pull("main", "main", "nothing", "", [])
    assert refused.value.status == 422


def test_a_pull_request_is_changed(remote: Remote, client: Client) -> None:
    """Title and body in one request."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    client.write_pull(number, "New", "New body")
    assert len(remote.routes) == 1
    shown = remote.snapshot()["issues"][str(number)]
    assert (shown["title"], shown["body"], shown["state"], shown["merged"]) == ("New", "New body", "open", False)


def test_a_branch_is_deleted_once(remote: Remote, client: Client) -> None:
    """One that is gone already is no error."""
    remote.sandbox.push(HELLO, "old/branch", {"a.txt": "a\n"})
    client.delete_branch("old/branch")
    client.delete_branch("old/branch")
    assert len(remote.routes) == 2
    assert list(remote.snapshot()["branches"]) == ["main"]


def test_a_repository_that_the_app_may_not_see_is_refused(remote: Remote) -> None:
    """No token is given for it, and the sentence says what GitHub said."""
    remote.sandbox.repository("other/secret", FILES)
    with remote.client("other/secret") as client, pytest.raises(Refused) as refused:
        client.survey()
    assert refused.value.status == 422


def test_a_removed_installation_is_refused(remote: Remote, client: Client) -> None:
    """A token that was still good is not taken any more, and no new one is given: for good."""
    client.survey()
    remote.sandbox.uninstall(remote.installation)
    with pytest.raises(Refused) as refused:
        client.survey()
    assert refused.value.status == 404


def test_a_repository_that_is_gone_is_refused(remote: Remote, client: Client) -> None:
    """Deleted since the token was minted: GraphQL says so in its own words, and that is final."""
    client.survey()
    remote.sandbox.world.repositories.pop(HELLO).store.close()
    with pytest.raises(Denied) as denied:
        client.survey()
    assert denied.value.kinds == ("NOT_FOUND",)


def test_an_enterprise_server_is_spoken_to_below_its_prefix(tmp_path: Path) -> None:
    """REST below `/api/v3`, GraphQL at `/api/graphql`."""
    with visit(tmp_path, "/api/v3") as remote, remote.client() as client:
        number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
        assert client.survey(number).head == remote.first
        client.write_comment(number, "hello", None)
        assert remote.access.mirror(remote.installation, HELLO).fetch().commit("main") == remote.first


def test_labels_of_many_pull_requests_are_read_at_once(remote: Remote, client: Client) -> None:
    """One request for a hundred; a number that is no pull request is left out."""
    one, two = (remote.sandbox.open_pull(HELLO, f"topic-{n}", files={"a.txt": f"{n}\n"}) for n in range(2))
    remote.sandbox.label(HELLO, one, "bug")

    assert client.labels([one, two, 999]) == {one: ("bug",), two: ()}
    assert remote.routes == ["POST graphql:Labels 200"]
