"""The story of an amendment: three landings, one pull request, brought up to date in place until it is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONTRACT, CONTRACT_PATH, SPEC_PATH
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

BRANCH = "spec/v2-5-voice-1-3-landed-amendment"
THANKS = "Co-Authored-By: octo-admin <octo-admin@users.noreply.github.com>"
CADENCE = (SPEAK + WAIT).replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3}}")
ANSWERS = """\
/amend title="Voices and ears"
/ship MODEL-1 +1 because it listens
/why 5 because nobody had listened before
"""


def land(stage: Stage, *titles: str) -> list[int]:
    """Land pull requests whose checks nobody waits for."""
    return [stage.land(title) for title in titles]


def found(stage: Stage) -> None:
    """Make the repository, with somebody who may do everything."""
    stage.found(config=CADENCE, required=False)
    stage.sandbox.role(stage.name, "octo-admin", "admin")


def test_three_landings_make_one_amendment(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The third landing opens it; the fourth, a title, a percentage and an answer bring the same one up to date."""
    found(stage)
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    assert sorted(stage.pulls()) == [1, 2]

    land(stage, "feat(voice): sing")

    pull = stage.pull("spec/")
    assert (pull["branch"], pull["author"], pull["labels"]) == (BRANCH, "discharge[bot]", ["discharge"])
    golden("amendment-pull.md", f"{pull['title']}\n\n{pull['body']}")
    golden("amendment-spec.md", stage.read(SPEC_PATH, BRANCH) or "")

    land(stage, "feat(ear): listen")

    pull = stage.pull("spec/")
    assert (pull["branch"], pull["title"]) == (BRANCH, "spec(speak): v2.5.0 — §2 voice + ear: #1-#5 landed")
    assert "| #5 | listen |" in pull["body"]

    stage.say(4, ANSWERS, by="octo-admin")

    pull = stage.pull("spec/")
    golden("amendment-asked.md", f"{pull['title']}\n\n{pull['body']}")
    assert pull["title"] == "spec(speak): v2.5.0 — §2 Voices and ears"
    assert pull["body"].rstrip().splitlines()[-1] == THANKS
    section = stage.read(SPEC_PATH, BRANCH) or ""
    assert "5. **Why bounded?** nobody had listened before" in section
    assert "- **MODEL-1**: 87% → **88%**" in section
    assert section.count("## §2. ") == 1
    assert stage.status(4).count("· done") == 3


def test_a_merged_amendment_is_gone_and_the_next_begins(stage: Stage) -> None:
    """The branch is deleted, the window starts anew behind it, and three further landings make the next one."""
    found(stage)
    land(stage, "feat(voice): hum", "feat(voice): whistle", "feat(voice): sing")
    stage.sandbox.merge(stage.name, 4)
    stage.settle()
    assert BRANCH not in stage.branches()
    assert "**Version:** 2.5.0" in (stage.read(SPEC_PATH) or "")

    land(stage, "feat(ear): hear", "feat(ear): listen")
    assert len(stage.pulls()) == 6
    land(stage, "feat(ear): obey")

    pulls = [pull for pull in stage.pulls().values() if pull["branch"].startswith("spec/")]
    assert [pull["state"] for pull in pulls] == ["closed", "open"]
    assert pulls[1]["title"] == "spec(speak): v2.6.0 — §3 ear: #5-#7 landed"
    assert "| #5 | hear |" in pulls[1]["body"]
    assert "#1" not in pulls[1]["body"].replace("#10", "")


def test_a_question_that_nobody_asked_cannot_be_answered(stage: Stage) -> None:
    """`why` works on the amendment's own pull request, for its own questions; elsewhere people read where."""
    found(stage)
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    stage.say(1, "/why 1 because I say so", by="octo-admin")
    land(stage, "feat(voice): sing")

    stage.say(1, "/why 2 because I say so", by="octo-admin")
    stage.say(4, "/why 9 because I say so\n/ship MODEL-7 +1 because why not", by="octo-admin")

    assert "answers are given on the pull request of the amendment, and none is open" in stage.status(1)
    assert "answers are given on the pull request of the amendment; it is #\u200b4" in stage.status(1)
    assert "there is no question 9" in stage.status(4)
    assert "no ship percentage of MODEL-7 is stated anywhere" in stage.status(4)
    assert len(stage.messages(BRANCH)) == len(stage.messages()) + 1


def test_amend_before_it_is_due(stage: Stage) -> None:
    """A maintainer need not wait for the third landing; a dry run shows the diff, and writes nothing."""
    found(stage)
    (number,) = land(stage, "feat(voice): hum")

    stage.say(number, "/amend dry-run")
    dry = stage.status(number)
    assert sorted(stage.pulls()) == [1]
    stage.say(number, '/amend speak title="Humming"')

    assert "+## §2. hum (2026-05-04)" in dry or "+## §2. " in dry
    assert "-**Version:** 2.4.0\n+**Version:** 2.5.0" in dry
    pull = stage.pull("spec/")
    assert (pull["branch"], pull["title"]) == ("spec/v2-5-humming-amendment", "spec(speak): v2.5.0 — §2 Humming")
    assert "spec(speak): v2.5.0 — §2 Humming: #2" in stage.status(number)


def test_several_commands_about_one_spec_tell_the_same_pull_request(stage: Stage) -> None:
    """Only the last one's branch is written; the answers before it do not speak of another one."""
    stage.found(config=SPEAK + WAIT, landed=True)

    stage.say(1, "/amend\n/amend title=what-we-said")

    (number,) = [n for n, pull in stage.pulls().items() if pull["branch"].startswith("spec/")]
    title = stage.pulls()[number]["title"]
    assert stage.status(1).count(f"- {title}: #{number}") == 2


AUTO = CADENCE.replace("labels:", "auto_merge: squash, labels:")


def test_an_amendment_in_which_nothing_is_open_lands_by_itself(stage: Stage) -> None:
    """Where the configuration says that our pull requests do."""
    stage.found(config=AUTO)
    land(stage, "feat(voice): hum", "feat(voice): whistle", "feat(voice): sing")

    assert stage.pull("spec/")["merged"]
    assert "**Version:** 2.5.0" in (stage.read(SPEC_PATH) or "")


def test_an_open_question_holds_an_amendment_until_it_is_answered(stage: Stage) -> None:
    """A percentage without a reason is a question: who answers it lets the amendment go."""
    stage.found(config=AUTO)
    stage.sandbox.role(stage.name, "octo-admin", "admin")
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    stage.land("feat(voice): sing MODEL-1")

    assert not stage.pull("spec/")["merged"]
    assert "_Open: what does this change for MODEL-1?_" in (stage.read(SPEC_PATH, stage.pull("spec/")["branch"]) or "")

    stage.say(3, "/ship MODEL-1 +1 because it sings", by="octo-admin")

    assert stage.pull("spec/")["merged"]


def test_a_chapter_that_people_add_hides_no_open_question(stage: Stage) -> None:
    """Behind the section, with a higher number, and in the middle of it: the question stays one."""
    stage.found(config=AUTO)
    stage.sandbox.role(stage.name, "octo-admin", "admin")
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    stage.land("feat(voice): sing MODEL-1")
    branch = stage.pull("spec/")["branch"]
    text = stage.read(SPEC_PATH, branch) or ""
    question = "**MODEL-1.**"
    assert question in text

    for behind in (f"{text}\n## 99. Appendix\n\nwords\n", text.replace(question, f"## Appendix\n\n{question}")):
        stage.sandbox.push(stage.name, branch, {SPEC_PATH: behind}, "docs: an appendix")
        stage.settle()
        assert not stage.pull("spec/")["merged"]


def test_files_of_people_on_its_branch_leave_the_merge_to_people(stage: Stage) -> None:
    """A status flipped by hand there does not land by itself, words in the section do; taken back, it goes on."""
    stage.found(config=AUTO)
    stage.sandbox.role(stage.name, "octo-admin", "admin")
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    stage.land("feat(voice): sing MODEL-1")
    branch = stage.pull("spec/")["branch"]
    edited = (stage.read(SPEC_PATH, branch) or "").replace("3 pull requests landed", "Three pull requests landed", 1)
    flipped = CONTRACT.replace("  if_fails: silence\n", "  if_fails: silence\n  status: PARTIAL_ALGORITHM_LEVEL\n")
    assert flipped != CONTRACT
    stage.sandbox.push(stage.name, branch, {SPEC_PATH: edited, CONTRACT_PATH: flipped}, "docs: my words")
    stage.settle()

    stage.say(3, "/ship MODEL-1 +1 because it sings", by="octo-admin")
    assert "it sings" in (stage.read(SPEC_PATH, branch) or "")
    assert not stage.pull("spec/")["merged"]

    stage.sandbox.push(stage.name, branch, {CONTRACT_PATH: CONTRACT}, "docs: take the status back")
    stage.settle()
    assert stage.pull("spec/")["merged"]
    assert "Three pull requests landed" in (stage.read(SPEC_PATH) or "")


def test_a_merge_that_waits_is_held_before_the_check_of_a_persons_commit_is_told(stage: Stage) -> None:
    """GitHub keeps a merge waiting when people push, and would make it right when that check passes."""
    stage.found(config=AUTO, required=False)
    land(stage, "feat(voice): hum", "feat(voice): whistle")
    stage.sandbox.require(stage.name, "build")
    made = stage.sandbox.open_pull(stage.name, "song", "feat(voice): sing", files={"docs/song.md": "a song\n"})
    stage.sandbox.check(stage.name, stage.head("song"), "build", app="discharge")
    stage.sandbox.merge(stage.name, made)
    stage.settle()
    branch = stage.pull("spec/")["branch"]
    assert f"merge {branch}" in " ".join(stage.told())
    before = len(stage.told())

    stage.sandbox.push(stage.name, branch, {"docs/voices.md": "a page about voices\n"}, "docs: voices")
    stage.settle()

    first, *rest = stage.told()[before:]
    assert first == f"hold the merge of {branch}"
    assert [line for line in rest if "merge" in line] == []
    stage.sandbox.check(stage.name, stage.head(branch), "build", app="discharge")
    stage.settle()
    assert not stage.pull("spec/")["merged"]


def test_only_what_bears_a_label_is_counted(stage: Stage) -> None:
    """Three pull requests land, of which two bear it; the fourth makes the third that counts."""
    stage.found(config=CADENCE.replace("landed: 3}", "landed: 3, labels: [record]}"), required=False)
    for title, label in [("hum", True), ("whistle", False), ("sing", True), ("shout", True)]:
        assert not [p for p in stage.pulls().values() if p["branch"].startswith("spec/")]
        stage.land(f"feat(voice): {title}", label="record" if label else "")

    body = stage.pull("spec/")["body"]

    assert ("| hum |" in body, "| whistle |" in body, "| shout |" in body) == (True, False, True)
