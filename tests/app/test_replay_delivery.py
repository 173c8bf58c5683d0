"""`discharge replay`: a webhook that was recorded is handled again, on a sandbox founded from a clone."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recording import read
from contracts.error import Unreadable
from tests.app import webhook
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, FOLDER, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.app.conftest import Repo

NAME = "acme/speak"
PERSON = webhook.PERSON


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """Leave the log of the test run as it was; the program sets up its own."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A clone with one contract and one landed pull request, number 1."""
    stage = Stage(repo)
    stage.set()
    return stage


def _record(stage: Stage, name: str, **changes: Any) -> Path:
    """Write a delivery of this event into a file, as GitHub's payload."""
    repository = {"id": 700, "full_name": NAME, "default_branch": "main"}
    path = stage.repo.folder.parent / f"{name}.json"
    path.write_text(json.dumps(webhook.payload(name, repository=repository, **changes)), encoding="utf-8")
    return path


def _comment(stage: Stage, body: str, number: int = 1, association: str = "MEMBER") -> Path:
    words = {"body": body, "author_association": association, "performed_via_github_app": None}
    return _record(stage, "issue_comment.created", issue={"number": number}, comment=words)


def _pull(stage: Stage, head: str, **changes: Any) -> dict[str, Any]:
    main = stage.repo.git("rev-parse", "main")
    ends = {"head": {"ref": "feat/tune", "sha": head}, "base": {"ref": "main", "sha": main}}
    return {"number": 7, "pull_request": {"number": 7, "title": "feat: a tune", **ends, **changes}}


def test_a_comment_is_handled_to_the_discharge(stage: Stage) -> None:
    """Every effect stands in a line, with the diff, comment and check that came of it; the clone is left alone."""
    before = stage.state()

    said = stage.ask("replay", str(_comment(stage, "/discharge SPEAK-001")))

    assert said.status == 0
    lines = [line.strip() for line in said.out.splitlines() if line.startswith("  ") and not line.startswith("   ")]
    head = stage.repo.git("rev-parse", "main")[:12]
    title = "discharge(speak-v1): FALSIFY-SPEAK-001 PARTIAL → DISCHARGED via live speak smoke"
    assert lines == [
        "react eyes to comment 99",
        f"write check discharge smoke speak at {head}: queued",
        "write a comment on #1",
        lines[3],
        f"commit 7 files to {BRANCH}: {title}",
        f"open the pull request of {BRANCH}: {title}",
        f"write check discharge smoke speak at {head}: success",
        "edit a comment on #1",
        lines[8],
    ]
    assert lines[3].startswith("start run ")
    assert lines[8].startswith("forget run ")
    assert "-  version: 1.2.0\n" in said.out.replace("      ", "")
    assert f"+++ b/{FOLDER}/receipt.dsse.json" in said.out
    assert "**FALSIFY-SPEAK-001 held**" in said.out
    assert stage.state() == before


def test_a_dry_run_stops_before_the_legs(stage: Stage) -> None:
    """What would start is told, and no program of the repository runs."""
    path = _comment(stage, "/discharge SPEAK-001")

    said = stage.ask("replay", str(path), "--dry-run", "--json")

    assert said.status == 0
    (one,) = said.data
    assert (one["event"], one["repository"], one["ignored"]) == ("issue_comment", NAME, None)
    assert one["effects"][-1]["does"].startswith("start run ")
    assert "sh world" in one["effects"][1]["summary"] or "./speak.sh world" in one["effects"][1]["summary"]
    assert [effect["does"].split()[0] for effect in one["effects"]] == ["react", "write", "write", "start"]


def test_several_recordings_play_on_one_sandbox(stage: Stage) -> None:
    """The second comment finds what the first one did."""
    first, second = _comment(stage, "/help"), stage.repo.folder.parent / "second.json"
    words = json.loads(first.read_text())
    words["comment"] |= {"id": 100, "body": "/status"}
    second.write_text(json.dumps(words), encoding="utf-8")

    said = stage.ask("replay", str(first), str(second), "--json")

    assert [one["effects"][-1]["does"] for one in said.data] == ["write a comment on #1", "edit a comment on #1"]


def test_who_may_not_is_refused_here_too(stage: Stage) -> None:
    """A recording tells the author's association, and by that the role is taken."""
    said = stage.ask("replay", str(_comment(stage, "/discharge SPEAK-001", association="NONE")))

    assert "this needs the role" in said.out
    assert "start run" not in said.out


def test_a_changed_pull_request_gets_its_check(stage: Stage) -> None:
    """Its head is taken from the clone, under the number that the recording has."""
    stage.repo.git("checkout", "--quiet", "-b", "feat/tune")
    head = stage.land("config: a slip", {CONFIG_PATH: CONFIG.replace("legs:", "legz:")})
    stage.repo.git("checkout", "--quiet", "main")
    path = _record(stage, "pull_request.opened", **_pull(stage, head))

    said = stage.ask("replay", str(path))

    assert f"write check discharge at {head[:12]}: failure" in said.out
    assert "legz" in said.out


def test_a_merge_makes_the_amendment_due(stage: Stage) -> None:
    """A merge is handled with what landed before it; the section is shown as a diff."""
    stage.land("config: amend at once", {CONFIG_PATH: CONFIG.replace("-spec.md}", "-spec.md, cadence: {landed: 1}}")})
    commit = stage.land("feat: a tune (#7)", {"docs/tune.md": "la\n"})
    merged = _pull(stage, commit, merged=True, merge_commit_sha=commit, state="closed")

    said = stage.ask("replay", str(_record(stage, "pull_request.closed", **merged)))

    assert "open the pull request of spec/" in said.out
    assert "+**Version:** 2.5.0" in said.out


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("merge_group.checks_requested", {"merge_group": {"base_ref": "refs/heads/main"}}),
        ("check_suite.rerequested", {"check_suite": {}}),
    ],
)
def test_other_events_that_name_a_commit_are_checked(stage: Stage, name: str, changes: dict[str, Any]) -> None:
    """A merge group and a request for the checks are handled at the commit that they name."""
    head, key = stage.repo.git("rev-parse", "main"), name.partition(".")[0]
    more = {"base_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7"} if key == "merge_group" else {}
    inner = {**changes[key], **more, "head_sha": head} | ({"app": {"id": 4_201}} if key == "check_suite" else {})

    said = stage.ask("replay", str(_record(stage, name, **{key: inner})))

    assert f"write check discharge at {head[:12]}: neutral" in said.out


def test_a_default_branch_of_another_name_is_kept(stage: Stage) -> None:
    """The sandbox calls it as the clone does, and what only the origin has is there, too."""
    stage.repo.git("branch", "--move", "main", "trunk")
    stage.repo.git("update-ref", "refs/remotes/origin/trunk", "trunk")
    stage.repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")

    said = stage.ask("replay", str(_comment(stage, "/discharge SPEAK-001")), "--dry-run")

    assert "on the default branch" in said.out


def test_what_is_nothing_for_the_app_is_said_to_be(stage: Stage) -> None:
    """An edited comment is ignored, and why."""
    path = _comment(stage, "/help")
    path.write_text(path.read_text().replace('"action": "created"', '"action": "edited"'), encoding="utf-8")

    said = stage.ask("replay", str(path))

    assert (said.status, said.out) == (0, f"{path}  issue_comment of {NAME}: ignored: only new comments are read\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("once upon a time", "is no recorded delivery: it is no JSON."),
        ("[1]", "is no recorded delivery: it is JSON, and no object."),
        ("{}", "is no recorded delivery: it does not say which event it is."),
        ('{"event": "star", "payload": {}}', "is no recorded delivery: the App does not listen to star."),
        ('{"event": 7, "payload": {}}', "is no recorded delivery: “7” is no event of GitHub's."),
        ('{"event": "push", "payload": {}}', "the delivery is about no repository."),
    ],
)
def test_what_is_no_recording_is_a_sentence(stage: Stage, text: str, sentence: str) -> None:
    """Whatever else stands in the file, it is said what is wrong with it."""
    path = stage.repo.folder.parent / "odd.json"
    path.write_text(text, encoding="utf-8")

    assert sentence in stage.refuse("replay", str(path))


def test_a_recording_of_another_repository_is_refused(stage: Stage) -> None:
    """The origin of the clone says whose it is."""
    stage.repo.git("config", "remote.origin.url", "git@github.com:acme/other.git")
    path = _comment(stage, "/help")
    missing = stage.repo.folder.parent / "none.json"

    assert stage.refuse("replay", str(path)).startswith(
        f"the delivery is about {NAME}, and the clone is of acme/other."
    )
    assert stage.refuse("replay", str(missing)) == f"{missing} cannot be read: No such file or directory."


def test_what_the_clone_does_not_have_is_asked_for(stage: Stage) -> None:
    """A commit or an open pull request that was never fetched is named, with the command that fetches it."""
    unknown = stage.refuse("replay", str(_record(stage, "pull_request.opened", **_pull(stage, "d" * 40))))
    closed = stage.refuse("replay", str(_comment(stage, "/help", number=5)))

    assert (
        unknown
        == "the clone does not have the commit dddddddddddd. Fetch it into the clone: git fetch origin "
        + "d" * 40
        + "."
    )
    assert "git fetch origin pull/5/head:refs/pull/5/head" in closed


def test_an_open_pull_request_is_found_by_its_fetched_head(stage: Stage) -> None:
    """Once its head is fetched, a comment on it is handled at that commit."""
    stage.repo.git("checkout", "--quiet", "-b", "feat/tune")
    head = stage.land("feat: a tune", {"docs/tune.md": "la\n"})
    stage.repo.git("update-ref", "refs/pull/5/head", head)
    stage.repo.git("checkout", "--quiet", "main")

    said = stage.ask("replay", str(_comment(stage, "/discharge SPEAK-001", number=5)), "--dry-run")

    assert f"start run {said.out.rpartition('start run ')[2].split()[0]} at {head[:12]}" in said.out


PAYLOAD = {"action": "created", "comment": {}, "repository": {"full_name": NAME}}
TEXT = json.dumps(PAYLOAD)


@pytest.mark.parametrize(
    ("text", "delivery"),
    [
        (TEXT, ""),
        (json.dumps({"event": "issue_comment", "payload": PAYLOAD}), ""),
        (json.dumps({"guid": "one", "event": "issue_comment", "request": {"headers": {}, "payload": PAYLOAD}}), "one"),
        (
            json.dumps({"request": {"headers": {"X-GitHub-Event": "issue_comment"}, "payload": PAYLOAD}}),
            "",
        ),
        (f"Request method: POST\nX-GitHub-Delivery: two\nX-GitHub-Event: issue_comment\n\n{TEXT}\n", "two"),
    ],
)
def test_every_form_of_a_recording_is_read(text: str, delivery: str) -> None:
    """A payload, a wrapped one, one from GitHub's API, one copied from the page with its headers."""
    recording = read(text.encode())

    assert (recording.event, recording.delivery, recording.repository) == ("issue_comment", delivery, NAME)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=60), st.text(max_size=60).map(str.encode), st.just(b"{" * 9_000), st.just(b"x" * (26 << 20))
    )
)
def test_any_bytes_are_a_recording_or_a_sentence(data: bytes) -> None:
    """Nothing else comes of bytes that nobody recorded."""
    with suppress(Unreadable):
        assert read(data).event
