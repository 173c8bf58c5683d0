"""What a story costs: GitHub's requests, counted; and how soon a comment is answered by a pair of eyes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.history import Repository
from tests.app.stage import CONTRACT, SPEC_PATH
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    import pytest

    from app.history import Commit
    from tests.story.stage import Stage

CADENCE = (SPEAK + WAIT).replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3}}")


def transfers(stage: Stage) -> int:
    """Return how often contents came by git."""
    return sum(r["path"].endswith("/git-upload-pack") for r in stage.sandbox.requests())


def test_a_discharge_costs_at_most_twenty_requests(stage: Stage) -> None:
    """From the comment to the deleted branch of the merged pull request, its check included."""
    stage.found(landed=True)
    stage.sandbox.forget_requests()

    stage.say(1, "/discharge SPEAK-001")

    assert stage.pull("discharge/")["merged"]
    assert len(stage.asked()) <= 20, stage.asked()


def test_a_merge_with_nothing_to_do_costs_at_most_one(stage: Stage) -> None:
    """Nobody has to be asked anything where git says that nothing is due; the check of a change costs two."""
    stage.found()
    stage.settle()
    stage.sandbox.forget_requests()

    made = stage.sandbox.open_pull(stage.name, "words", files={"docs/x.md": "x\n"})
    stage.settle()
    checked = stage.asked()
    stage.sandbox.forget_requests()
    stage.sandbox.merge(stage.name, made)
    stage.settle()

    assert len(checked) <= 2, checked
    assert len(stage.asked()) <= 1, stage.asked()


def test_a_merge_that_moves_an_amended_spec_is_asked_about_once(stage: Stage) -> None:
    """GitHub tells it twice, as a merge and as a push: only one of them brings the open amendment up to date."""
    stage.found(config=CADENCE, required=False)
    stage.say(stage.land(), "/amend")
    text = stage.read(SPEC_PATH) or ""
    made = stage.sandbox.open_pull(stage.name, "words", files={SPEC_PATH: f"{text}\nMy words.\n"})
    stage.settle()
    stage.sandbox.forget_requests()

    stage.sandbox.merge(stage.name, made)
    stage.settle()

    surveys = [line for line in stage.asked() if "urvey" in line]
    assert "My words." in (stage.read(SPEC_PATH, stage.pull("spec/")["branch"]) or "")
    assert len(surveys) == 2, stage.asked()  # for the merge, and for the check of the amendment as it is then


def test_a_sweep_reads_no_whole_history(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes every hour to every repository: of what landed long ago it reads no message."""
    begun: list[str | None] = []
    log = Repository.log

    def keep(self: Repository, since: str | None, until: str) -> tuple[Commit, ...]:
        begun.append(since)
        return log(self, since, until)

    stage.found(required=False)
    stage.land()
    monkeypatch.setattr(Repository, "log", keep)

    stage.end()
    stage.begin()
    stage.settle()

    assert begun
    assert None not in begun


def test_an_amendment_costs_the_same_for_three_and_for_thirty(stage: Stage) -> None:
    """The merge that makes it due costs at most eight requests, the check of its pull request included."""
    costs = []
    for count in (3, 30):
        stage.found(config=CADENCE, name=f"{stage.name.partition('/')[0]}/speak-{count}", required=False)
        for n in range(1, count):
            stage.sandbox.push(stage.name, "main", {f"docs/{n}.md": "a note\n"}, f"feat(voice): part {n} (#{n})")
        stage.settle()
        made = stage.sandbox.open_pull(stage.name, "last", "feat(voice): the last", files={"docs/last.md": "a\n"})
        stage.settle()
        stage.sandbox.forget_requests()
        stage.sandbox.merge(stage.name, made)
        stage.settle()
        assert f"{count} pull requests landed since §1" in stage.pull("spec/")["body"]
        costs.append(stage.asked())

    assert len(costs[0]) == len(costs[1]) <= 8, costs


def test_a_thousand_contracts_come_without_a_request_each(stage: Stage) -> None:
    """A thousand contracts are read by a handful of git transfers, and no request of the API more."""
    many = {f"contracts/c{n:04}.yaml": CONTRACT.replace("SPEAK", f"C{n:04}") for n in range(1000)}
    stage.found(many, landed=True)
    stage.settle()
    stage.sandbox.forget_requests()

    stage.say(1, "/explain C0999-001 C0001-002")

    assert "**FALSIFY-C0999-001** of `c0999`" in stage.status(1)
    assert transfers(stage) <= 12
    assert len(stage.asked()) <= 5


def test_the_eyes_come_first(stage: Stage) -> None:
    """Before the repository is cloned for the first time, the comment has its reaction, within a second."""
    stage.found(landed=True)
    stage.settle()
    stage.sandbox.forget_requests()
    seen: list[float] = []
    stage.once("react eyes", lambda: seen.append(time.monotonic()))
    begun = time.monotonic()

    stage.say(1, "/help")

    assert seen[0] - begun < 1.0
    requests = [r for r in stage.sandbox.requests() if not r["path"].startswith("/app/installations")]
    assert requests[0]["path"].endswith("/reactions")
    assert any(r["route"] == "git" for r in requests[1:])
