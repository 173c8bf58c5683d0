"""Stories of what becomes of a merge: a tag and a release, each once, never moved, and completed after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.app.stage import CONFIG_PATH, CONTRACT_PATH, SPEC_PATH
from tests.story.stage import AUTO, SPEAK, WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

TAG, NEXT, AMENDED = "speak-v1-v1.3.0", "speak-v1-v1.4.0", "speak-v2.5.0"
TAGS = "release: {tags: true}\n"
RELEASES = "release: {tags: true, releases: true}\n"
RARELY = SPEAK.replace("speak-spec.md}", "speak-spec.md, cadence: {landed: 9}}") + AUTO
"""No amendment comes between."""
FILES = [
    "default-smoke.log",
    "default-smoke.stdout.log",
    "findings.md",
    "receipt.dsse.json",
    "receipt.json",
]


def tags(stage: Stage) -> dict[str, str]:
    """Return tag → first line of the message of its commit."""
    found = stage.sandbox.snapshot(stage.name)["tags"]
    return {tag: message.partition("\n")[0] for tag, message in found.items()}


def releases(stage: Stage) -> list[Any]:
    """Return the releases, by their tags."""
    return list(stage.sandbox.snapshot(stage.name)["releases"])


def stands(stage: Stage, tag: str) -> str:
    """Return the commit that a tag stands on."""
    return str(stage.sandbox.world.repository(stage.name).store.refs[f"refs/tags/{tag}"])


def told(stage: Stage, *words: str) -> list[str]:
    """Return what happened that has to do with tags and releases."""
    return [line for line in stage.told() if line.startswith(("tag ", "publish ", "complete ", *words))]


def test_a_discharge_is_tagged_and_released(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The merge commit gets the contract's version as a tag, and a release with findings, evidence and receipt."""
    stage.found(config=SPEAK + AUTO + RELEASES, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert tags(stage) == {TAG: stage.messages()[0].partition("\n")[0]}
    assert stands(stage, TAG) == stage.head("main")
    (made,) = releases(stage)
    assert (made["tag"], made["name"], made["author"]) == (TAG, "speak-v1 v1.3.0", "discharge[bot]")
    assert (made["draft"], made["latest"]) == (False, False)
    assert sorted(made["files"]) == FILES
    folder = "evidence/speak-001-live-discharge-2026-05-04"
    assert all(made["files"][name] == stage.read(f"{folder}/{name}") for name in FILES)
    head, _, page = made["body"].partition("\n\n# ")
    golden("release-discharge.md", head)
    assert stage.read(f"{folder}/findings.md") == f"# {page}"


def test_tags_alone(stage: Stage) -> None:
    """Where only tags are asked for, nothing is released; where nothing is, there is no tag either."""
    stage.found(config=SPEAK + AUTO + TAGS, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert list(tags(stage)) == [TAG]
    assert releases(stage) == []


def test_an_amendment_is_released_with_its_section(stage: Stage) -> None:
    """The spec's version is the tag, and the section the notes; merged without a squash, it is known as well."""
    stage.found(config=SPEAK + WAIT + RELEASES, required=False)
    number = stage.land("feat(voice): hum")
    stage.say(number, "/amend title=Humming")

    stage.sandbox.merge(stage.name, number + 1, "merge")
    stage.settle()

    assert list(tags(stage)) == [AMENDED]
    assert stands(stage, AMENDED) == stage.head("main")
    (made,) = releases(stage)
    assert (made["name"], made["files"], made["latest"]) == ("speak v2.5.0 — §2 Humming", {}, False)
    head, _, section = made["body"].partition("\n\n## ")
    assert head.partition("\n\n")[2] == f"`{SPEC_PATH}` v2.5.0, §2, at {stage.head('main')}."
    assert (stage.read(SPEC_PATH) or "").strip().endswith(f"## {section.strip()}")


def test_told_twice_it_is_released_once(stage: Stage) -> None:
    """The webhook of the merge comes again, and a sweep looks, too: all is there, so that nothing is done."""
    stage.found(config=SPEAK + AUTO + RELEASES, landed=True)
    stage.say(1, "/discharge SPEAK-001")
    before = stage.sandbox.snapshot(stage.name)
    done = told(stage)
    assert len(done) == 2

    for each in stage.sandbox.deliveries():
        if each["event"] == "pull_request" and each["action"] == "closed":
            stage.sandbox.redeliver(each["id"])
    stage.settle()
    stage.end()
    stage.begin()
    stage.settle()

    assert told(stage) == done
    assert stage.sandbox.snapshot(stage.name) == before


def test_two_discharges_that_were_rebased_are_two_versions(stage: Stage) -> None:
    """Each of the commits on the default branch is a version of its own; squashed, only the last is one."""
    stage.found(config=SPEAK + WAIT + RELEASES, landed=True, required=False)
    stage.say(1, "/discharge SPEAK-001")
    stage.say(1, "/discharge SPEAK-002")

    stage.sandbox.merge(stage.name, 2, "rebase")
    stage.settle()

    assert [message.partition(" ")[0] for message in tags(stage).values()] == ["discharge(speak-v1):"] * 2
    assert [made["tag"] for made in releases(stage)] == [TAG, NEXT]
    assert stands(stage, NEXT) == stage.head("main")


def test_a_tag_that_stands_elsewhere_is_not_moved(stage: Stage) -> None:
    """Somebody tagged another commit by that name: nothing is released, and the log says why."""
    stage.found(config=SPEAK + AUTO + RELEASES, landed=True)
    mine = stage.head("main")
    stage.sandbox.tag(stage.name, TAG, mine, message="by hand")

    stage.say(1, "/discharge SPEAK-001")

    assert stage.pull("discharge/")["merged"]
    assert tags(stage) == {TAG: "docs: a note (#1)"}
    assert releases(stage) == []
    (said,) = told(stage, "refuse: the tag")
    assert said == f"refuse: the tag {TAG} stands on {mine} already, and {stage.head('main')} is what it should name"


def test_what_a_person_released_is_left_alone(stage: Stage) -> None:
    """Somebody releases the tag while ours is being made: theirs stays as it is, and nothing is left of ours."""
    stage.found(config=SPEAK + WAIT + RELEASES, landed=True, required=False)
    stage.say(1, "/discharge SPEAK-001")
    stage.once(f"as {TAG}", lambda: stage.sandbox.publish(stage.name, TAG, "By hand"))

    stage.sandbox.merge(stage.name, 2)
    stage.settle()
    stage.end()
    stage.begin()
    stage.settle()

    assert [(made["author"], made["name"], made["files"]) for made in releases(stage)] == [
        ("octo-maintainer", "By hand", {})
    ]


def test_a_release_that_was_left_half_made_is_completed(stage: Stage) -> None:
    """GitHub takes one file and then nothing for a while, and an upload breaks off: in the end all of it is there."""
    stage.found(config=SPEAK + AUTO + RELEASES, landed=True)
    stage.once(f"as {TAG}", lambda: stage.sandbox.fault("bad_gateway", path="/assets$", nth=2, times=5))

    stage.say(1, "/discharge SPEAK-001")

    (made,) = releases(stage)
    assert (made["draft"], sorted(made["files"])) == (False, FILES)
    assert stage.sandbox.clear_faults() >= 5
    asked = [line for line in stage.asked() if line.endswith("/releases")]
    assert sum(line.startswith("POST") for line in asked) == 1


def test_a_merge_that_nobody_told_of_is_released_by_the_sweep(stage: Stage) -> None:
    """The webhook of the merge is lost: the next look at the newest commits finds what lacks."""
    stage.found(config=SPEAK + WAIT + RELEASES, landed=True, required=False)
    stage.say(1, "/discharge SPEAK-001")
    stage.end()
    stage.sandbox.merge(stage.name, 2)
    stage.sandbox.push(stage.name, "main", {"docs/later.md": "a note\n"})

    stage.begin()
    stage.settle()

    assert list(tags(stage)) == [TAG]
    assert stands(stage, TAG) != stage.head("main")
    assert [made["tag"] for made in releases(stage)] == [TAG]


def test_a_tag_that_a_rule_guards_is_told_and_no_more(stage: Stage) -> None:
    """The repository lets no app make tags: that is said once, nothing is tried again, and all else goes on."""
    stage.found(config=SPEAK + AUTO + RELEASES, landed=True)
    stage.sandbox.settings(stage.name, guard_tags=True)

    stage.say(1, "/discharge SPEAK-001")

    assert stage.pull("discharge/")["merged"]
    assert (tags(stage), releases(stage)) == ({}, [])
    refused = told(stage, "refuse: ")
    assert refused[0].startswith("refuse: GitHub does not take tag ")
    assert "creations being restricted" in refused[0]
    assert refused[1] == f"refuse: there is no release of {TAG}, because its tag was refused"
    assert len(refused) == 2


def test_what_nobody_measured_is_not_released(stage: Stage) -> None:
    """Somebody moves a further status on the branch of a discharge and merges it: none of it is released."""
    stage.found(config=SPEAK + WAIT + RELEASES, landed=True, required=False)
    stage.say(1, "/discharge SPEAK-001")
    branch = stage.pull("discharge/")["branch"]
    flipped = (stage.read(CONTRACT_PATH, branch) or "") + "  status: DISCHARGED\n"
    stage.sandbox.push(stage.name, branch, {CONTRACT_PATH: flipped})
    stage.settle()

    stage.sandbox.merge(stage.name, 2)
    stage.settle()

    assert (tags(stage), releases(stage)) == ({}, [])
    (refused,) = told(stage, "refuse: ")
    assert refused == "refuse: speak-v1 v1.3.0 is not released: FALSIFY-SPEAK-003 without a receipt"


def test_only_what_lands_after_it_was_asked_for_is_released(stage: Stage) -> None:
    """What merged before it was asked for stays as it is; and a merge of anything else costs nothing."""
    stage.found(config=RARELY, landed=True)
    stage.say(1, "/discharge SPEAK-001")
    stage.sandbox.push(stage.name, "main", {CONFIG_PATH: RARELY + RELEASES})
    stage.settle()
    stage.sandbox.forget_requests()

    made = stage.sandbox.open_pull(stage.name, "words", files={"docs/x.md": "x\n"})
    stage.settle()
    stage.sandbox.forget_requests()
    stage.sandbox.merge(stage.name, made)
    stage.settle()
    costs = stage.asked()
    stage.end()
    stage.begin()
    stage.settle()
    assert (tags(stage), releases(stage)) == ({}, [])
    assert len(costs) <= 1, costs

    stage.say(1, "/discharge SPEAK-002")

    assert list(tags(stage)) == [NEXT]


def test_a_release_costs_as_many_requests_as_it_has_files_and_six(stage: Stage) -> None:
    """Two to look for the tag and the release, one for drafts; the tag, the draft, each file, and the publishing."""
    stage.found(config=SPEAK + WAIT + RELEASES, landed=True, required=False)
    stage.say(1, "/discharge SPEAK-001")
    stage.sandbox.forget_requests()

    stage.sandbox.merge(stage.name, 2)
    stage.settle()

    made = [line for line in stage.asked() if "/releases" in line or ("/git/ref" in line and "/heads/" not in line)]
    assert len(made) == len(FILES) + 6, made
