"""Stories of bad weather: installations that go, services that were down, machines that are lost, odd deliveries."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONFIG_PATH, PROGRAM_PATH
from tests.story.stage import SECRET, SPEAK, WAIT

if TYPE_CHECKING:
    from tests.story.stage import Stage

CADENCE = (SPEAK + WAIT).replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3}}")
SLOW = {PROGRAM_PATH: "#!/bin/sh\nexec sleep 60\n"}


def send(stage: Stage, body: bytes, *, event: str = "issue_comment", signature: str | None = None) -> int:
    """Send a delivery past GitHub; the status of the answer."""
    signed = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    delivery = hashlib.sha256(body + event.encode()).hexdigest()
    headers = {"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": delivery[:32]}
    headers |= {"X-Hub-Signature-256": signed if signature is None else signature}
    asked = urllib.request.Request(f"{stage.url}/webhook", body, headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("how", ["uninstall", "suspend"])
def test_an_installation_that_is_gone_gets_no_answer(stage: Stage, how: str) -> None:
    """The app is removed while a comment is on its way: dropped with a sentence in the log, and nothing is parked."""
    stage.found(landed=True)
    stage.sandbox.hold()
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    getattr(stage.sandbox, how)(stage.installation)
    stage.sandbox.release()
    stage.settle()

    assert not any("start run" in line for line in stage.told())
    assert all(comment["author"] != "discharge[bot]" for comment in stage.pulls()[1]["comments"])
    assert stage.parked() == 0


@pytest.mark.parametrize(("fault", "times"), [("forbidden_retry_after", 3), ("unauthorized", 4), ("bad_gateway", 20)])
def test_whatever_git_says_for_a_while_no_command_is_lost(stage: Stage, fault: str, times: int) -> None:
    """GitHub refuses git for many reasons that pass; only the API says that a repository is gone.

    An outage may last longer than the eight attempts after which a delivery that fails is parked.
    """
    stage.found(landed=True)
    stage.sandbox.fault(fault, path=r"/info/refs$", times=times)

    stage.say(1, "/help cancel")

    assert "**`/help cancel` by octo-maintainer** · help" in stage.status(1)
    assert stage.parked() == 0


def test_a_comment_that_was_deleted_is_dropped(stage: Stage) -> None:
    """Nobody waits for its answer; a 404 alone is not believed at once, because a new comment can give one, too."""
    stage.found(landed=True)
    stage.sandbox.hold()
    comment = stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.sandbox.delete_comment(stage.name, comment)
    stage.sandbox.release()
    stage.settle()

    assert stage.told() == []
    assert stage.parked() == 0


def test_a_repository_that_leaves_the_installation_is_forgotten(stage: Stage) -> None:
    """Its mirror goes, and a comment that was on its way is dropped; back again, everything works again."""
    stage.found(landed=True)
    stage.say(1, "/help")
    mirror = stage.folder / "data" / "mirrors" / f"{stage.name}.git"
    assert mirror.is_dir()

    stage.sandbox.cover(stage.installation, stage.name, covered=False)
    stage.settle()
    gone = not mirror.exists()
    stage.sandbox.cover(stage.installation, stage.name)
    stage.say(1, "/help discharge")

    assert gone
    assert "**`/help discharge` by octo-maintainer** · help" in stage.status(1)
    assert stage.parked() == 0


def test_without_configuration_people_are_told_where_it_goes(stage: Stage) -> None:
    """No file, no automatic word; but who asks gets an answer."""
    stage.found(config=None, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert f"there is no {CONFIG_PATH}" in stage.status(1)
    assert "README" in stage.status(1)


def test_odd_deliveries_get_a_status_and_never_a_traceback(stage: Stage) -> None:
    """Unsigned, badly signed, no JSON, another shape, unknown: refused or left alone; the inbox stays clean."""
    stage.found(landed=True)
    stage.settle()
    foreign = json.dumps({"action": "created", "comment": {"body": 7}, "repository": "none"}).encode()

    assert send(stage, b"{}", signature="") in {400, 401, 403}
    assert send(stage, b"{}", signature="sha256=00") in {400, 401, 403}
    assert send(stage, b"no json") in {202, 400}
    assert send(stage, foreign) in {202, 400, 422}
    assert send(stage, b"{}", event="dance") == 204
    assert send(stage, b"{}", event="discharge.sweep") in {204, 400, 403}
    stage.say(1, "/help")

    assert "· help" in stage.status(1)


def test_what_happened_while_the_service_was_down_is_made_up_for(stage: Stage) -> None:
    """Three merges and a comment meet a closed door: GitHub is asked to deliver again, and all of it is handled."""
    stage.found(config=CADENCE, required=False)
    first = stage.land("feat(voice): hum")
    stage.end()

    for title in ("feat(voice): whistle", "feat(voice): sing"):
        made = stage.sandbox.open_pull(stage.name, title[-4:], title, files={f"docs/{title[-4:]}.md": "a note\n"})
        stage.sandbox.merge(stage.name, made)
    stage.sandbox.comment(stage.name, first, "/discharge SPEAK-001")
    assert stage.sandbox.wait_idle()
    lost = [d for d in stage.sandbox.deliveries() if d["code"] == 0]
    stage.begin()
    stage.settle()

    assert len(lost) >= 3
    again = [d for d in stage.sandbox.deliveries() if d["redelivery"]]
    assert {d["guid"] for d in again} >= {d["guid"] for d in lost}  # others, too, if the machine was slow to answer
    assert all(d["code"] == 202 for d in again)
    assert stage.pull("spec/")["title"] == "spec(speak): v2.5.0 — §2 voice: #1-#3 landed"
    assert stage.pull("discharge/")["state"] == "open"
    assert "· held" in stage.status(first)


def test_merges_that_nobody_delivered_are_found(stage: Stage) -> None:
    """GitHub never sent the webhooks, and has none to send again: the sweep sees it in git."""
    stage.found(config=CADENCE, required=False)
    stage.land("feat(voice): hum")
    stage.sandbox.hook("discharge", "")
    for title in ("feat(voice): whistle", "feat(voice): sing"):
        made = stage.sandbox.open_pull(stage.name, title[-4:], title, files={f"docs/{title[-4:]}.md": "a note\n"})
        stage.sandbox.merge(stage.name, made)

    stage.end()
    stage.begin()
    stage.settle()
    assert stage.pull("spec/")["title"] == "spec(speak): v2.5.0 — §2 voice: #1-#3 landed"

    stage.end()
    stage.begin()
    stage.settle()
    assert len(stage.pulls()) == 4


def test_a_trial_that_is_lost_is_timed_out(stage: Stage) -> None:
    """A run at the head of a pull request is found as well, although the default branch does not have its commit."""
    stage.found(SLOW, landed=True)
    trial = stage.sandbox.open_pull(stage.name, "a-trial", "docs: a trial", files={"docs/trial.md": "a trial\n"})
    stage.sandbox.comment(stage.name, trial, "/discharge SPEAK-001")
    stage.wait_for("start run")
    stage.lose_engine()
    stage.begin()
    stage.settle()

    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["timed_out"]
    assert "The machine that ran it is lost, and nothing was measured." in stage.status(trial)


def test_a_run_that_is_lost_is_timed_out(stage: Stage) -> None:
    """The folder of the engine is gone with the machine: check and comment say so, instead of waiting for ever."""
    stage.found(SLOW, landed=True)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.wait_for("start run")
    stage.lose_engine()
    stage.begin()
    stage.settle()

    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["timed_out"]
    assert "The machine that ran it is lost, and nothing was measured." in stage.status(1)
    assert "· timed out" in stage.status(1)
    stage.end()
    shutil.rmtree(stage.folder / "data" / "mirrors")
    stage.begin()
    stage.say(1, "/status")
    assert "Nothing runs or waits here" in stage.status(1)
