"""What is left over goes away, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.action.reaper import CLOSED, HIDDEN, PAUSE, YOUNG, Reaper
from app.action.record import name_machine, name_runner
from app.action.stray import BOOT, LOOK, Claim, Machine, Mark, Reap, decide, name_runners
from app.note import Note, write
from tests.action.world import APP, HEAR, HOME, ORGANIZATION, OTHER, World, name

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def world() -> World:
    """An empty world."""
    return World()


@pytest.fixture
def reaper(world: World) -> Reaper:
    """One who looks after it."""
    return make(world)


def make(world: World) -> Reaper:
    """Return one who looks after a world."""
    return Reaper(world, world, world.claim, world.clock)


def wait(world: World, reaper: Reaper, seconds: float) -> dict[str, int]:
    """Look every ten seconds for a while; return what was left over at the end."""
    left: dict[str, int] = {}
    latest = world.now + seconds
    while world.now < latest:
        left = dict(reaper.look())
        world.now += 10
    assert world.wrong == []
    return left


def test_what_a_dead_app_left_goes_away_from_both_sides(world: World, reaper: Reaper) -> None:
    """A runner and its machine, which nobody knows of any more: first the runner, then the machine."""
    world.begin("a1")
    world.show("a1")
    world.abandon("a1")

    assert wait(world, reaper, LOOK) == {"machine": 1, "registration": 1}
    assert (len(world.runners), len(world.machines)) == (1, 1)
    assert wait(world, reaper, BOOT + PAUSE) == {"machine": 0, "registration": 0}
    assert (world.runners, world.machines) == ({}, {})
    done = [line for line in world.said if not line.startswith("list")]
    assert done == ["find 1", "delete 1", "cancel a1-m1"]


def test_what_a_run_owns_stays(world: World, reaper: Reaper) -> None:
    """However idle or away it looks."""
    world.begin("a1")

    wait(world, reaper, 3 * PAUSE)

    assert len(world.runners) == len(world.machines) == 1


def test_a_runner_that_works_stays_and_so_does_its_machine(world: World, reaper: Reaper) -> None:
    """Even though nobody owns it: it may work for somebody else. When it is done, both go."""
    world.begin("a1")
    world.show("a1", busy=True)
    world.abandon("a1")

    assert wait(world, reaper, 2 * PAUSE) == {"machine": 0, "registration": 0}
    assert len(world.runners) == len(world.machines) == 1

    world.show("a1", online=False)
    wait(world, reaper, 2 * PAUSE + BOOT)
    assert (world.runners, world.machines) == ({}, {})


def test_the_last_look_counts(world: World, reaper: Reaper) -> None:
    """The list said idle, and the runner took a job a moment ago; or a run took it; or it is gone."""
    world.begin("a1")
    world.show("a1")
    world.abandon("a1")
    changes: list[Callable[[], None]] = [
        lambda: world.show("a1", busy=True),
        lambda: world.owned.add(name("a1")),
        world.runners.clear,
    ]
    for change in changes:
        world.before_find = change
        wait(world, reaper, LOOK + 20)
        assert not any(line.startswith("delete") for line in world.said)
        world.show("a1")
        world.abandon("a1")
        world.now += PAUSE
    assert sum(line.startswith("find") for line in world.said) == 3


def test_what_may_still_be_booting_has_its_time(world: World, reaper: Reaper) -> None:
    """A runner is registered before its machine runs, and a machine runs before its runner is online."""
    world.begin("a1")
    world.abandon("a1")

    wait(world, reaper, BOOT - 10)

    assert len(world.runners) == len(world.machines) == 1


def test_a_machine_that_waits_is_taken_back_soon(world: World, reaper: Reaper) -> None:
    """It has not begun, and so has nothing that boots."""
    world.machines["a1-m1"] = 0

    wait(world, reaper, LOOK + 20)

    assert world.machines == {}


def test_a_machine_that_ended_leaves_no_files(world: World, reaper: Reaper) -> None:
    """It is no leftover that costs anything, so nothing is waited for; what a run owns is left to it."""
    world.machines |= {"a1-m1": -1, "b2-m1": -1}
    world.owned.add("b2-m1")

    assert reaper.look() == {"machine": 0, "registration": 0}
    assert list(world.machines) == ["b2-m1"]


@pytest.mark.parametrize(
    "runner",
    [
        {"name": "discharge-7-gpu-1", "labels": frozenset({"self-hosted", "gpu"})},
        {"name": "workstation", "labels": frozenset({"workstation"})},
        {"name": "discharge", "labels": frozenset({"discharge"})},
    ],
)
def test_a_runner_that_people_keep_is_none_of_ours(world: World, reaper: Reaper, runner: dict[str, object]) -> None:
    """Whatever they call it: ours carry their own name as a label."""
    world.begin("a1")
    world.abandon("a1")
    world.runners[1] = replace(world.runners[1], **runner)  # type: ignore[arg-type]

    wait(world, reaper, 2 * PAUSE)

    assert len(world.runners) == 1


def test_a_runner_of_another_app_is_never_touched(world: World, reaper: Reaper) -> None:
    """Two Discharge Apps serve one organization, and both see its runners: each ends what it left itself."""
    world.begin("a1", ORGANIZATION)
    theirs = name("a1", OTHER)
    world.runners[9] = replace(world.runners[1], id=9, name=theirs, labels=frozenset({theirs, "gpu"}), online=True)
    world.abandon("a1")

    assert wait(world, reaper, LOOK) == {"machine": 1, "registration": 1}
    wait(world, reaper, 2 * PAUSE + BOOT)

    assert ([runner.name for runner in world.runners.values()], world.machines) == ([theirs], {})
    assert not any(line.endswith(" 9") for line in world.said)


def test_a_run_of_the_engine_that_is_no_machine_is_left_alone(world: World, reaper: Reaper) -> None:
    """The engine may run smokes, too."""
    world.machines |= {"0123456789abcdef": 1.0, "fedcba9876543210": -1.0}

    wait(world, reaper, 2 * PAUSE)

    assert len(world.machines) == 2


def test_a_refused_delete_is_told_once_and_tried_again(world: World, reaper: Reaper) -> None:
    """And so is an engine that does not end a machine."""
    world.begin("a1")
    world.show("a1")
    world.abandon("a1")
    world.refusals |= {"delete": 422, "cancel": 0}

    with capture_logs() as logs:
        assert wait(world, reaper, LOOK * 4) == {"machine": 1, "registration": 1}
        del world.refusals["delete"]
        assert wait(world, reaper, BOOT) == {"machine": 1, "registration": 0}
        del world.refusals["cancel"]
        assert wait(world, reaper, BOOT) == {"machine": 0, "registration": 0}

    told = [line["event"] for line in logs]
    assert told == [
        "what is left over stays for now",
        "a runner that belonged to no run was deregistered",
        "what is left over stays for now",
        "a machine that belonged to no run is gone",
    ]
    assert [line.get("why") for line in logs if "why" in line] == ["no", "the engine is held up."]
    assert world.said.count("delete 1") == 4


def test_a_runner_that_another_process_took_off_is_gone(world: World, reaper: Reaper) -> None:
    """404 is what was wanted."""
    world.begin("a1")
    world.show("a1")
    world.abandon("a1")
    world.refusals["delete"] = 404

    with capture_logs() as logs:
        wait(world, reaper, LOOK + 20)

    assert logs == []


def test_while_a_home_does_not_answer_its_machines_stay(world: World, reaper: Reaper) -> None:
    """A runner may work there, unseen; what was marked stays marked, and what is elsewhere goes."""
    world.begin("a1")
    world.begin("b2", ORGANIZATION)
    world.show("a1", busy=True)
    world.show("b2")
    reaper.look()
    world.abandon("a1")
    world.abandon("b2")
    world.away.add(HOME)

    with capture_logs() as logs:
        wait(world, reaper, 3 * PAUSE)

    assert [runner.home for runner in world.runners.values()] == [HOME]
    assert len(world.machines) == 2
    assert [line["why"] for line in logs if "why" in line] == ["no answer"]

    world.away.clear()
    wait(world, reaper, PAUSE + BOOT)
    assert list(world.machines) == ["a1-m1"]


def test_where_the_app_may_not_look_is_asked_once_an_hour(world: World, reaper: Reaper) -> None:
    """Nothing of ours can be registered there; the machines of other homes go all the same."""
    world.refusals["acme"] = 403
    world.machines["a1-m1"] = 1.0

    with capture_logs() as logs:
        wait(world, reaper, CLOSED - 10)

    assert world.said.count("list acme") == 1
    assert world.machines == {}
    assert [line["home"] for line in logs if "home" in line] == ["acme"]


def test_a_home_that_was_open_may_hide_a_runner(world: World, reaper: Reaper) -> None:
    """Where a runner of ours was seen to work, a permission that was taken away does not end its machine."""
    world.begin("a1")
    world.show("a1", busy=True)
    world.abandon("a1")
    reaper.look()
    world.refusals["acme/speak"] = 403

    assert wait(world, reaper, 3 * PAUSE) == {"machine": 1, "registration": 0}

    assert list(world.machines) == ["a1-m1"]
    world.show("a1")
    world.now += HIDDEN
    assert wait(world, reaper, PAUSE + BOOT) == {"machine": 0, "registration": 0}
    assert world.machines == {}


def test_a_home_that_shuts_the_app_out_holds_up_no_other(world: World, reaper: Reaper) -> None:
    """Only the machines of its own repository are held back, and they count; so is one of which nobody knows whose."""
    for run, home in (("a1", HOME), ("b2", HEAR), ("c3", HEAR)):
        world.begin(run, home)
        world.show(run, busy=run == "a1")
        world.abandon(run)
    world.notes["c3-m1"] = ""
    reaper.look()
    world.refusals[HOME.name] = 403

    assert wait(world, reaper, 3 * PAUSE) == {"machine": 2, "registration": 0}

    assert list(world.machines) == ["a1-m1", "c3-m1"]
    world.refusals.clear()
    assert wait(world, reaper, 3 * PAUSE) == {"machine": 0, "registration": 0}
    assert list(world.machines) == ["a1-m1"]


def test_an_owner_that_shuts_the_app_out_holds_the_machines_of_its_repositories(world: World, reaper: Reaper) -> None:
    """Their runners may be registered with it; so may that of a repository that has another name by now."""
    world.machines |= {"a1-m1": 1.0, "b2-m1": 1.0}
    world.notes |= {run: write(Note(1, name, 1, "c" * 40)) for run, name in (("a1-m1", "Acme/Speak"), ("b2-m1", "a/b"))}
    reaper.look()
    world.refusals[ORGANIZATION.name] = 403

    assert wait(world, reaper, 3 * PAUSE) == {"machine": 2, "registration": 0}


def test_a_mark_goes_with_its_home(world: World, reaper: Reaper) -> None:
    """An app that was uninstalled has nothing to take off there, and says no more that something is left."""
    world.begin("a1")
    world.show("a1")
    world.abandon("a1")
    world.lose("a1")
    assert wait(world, reaper, 10) == {"machine": 0, "registration": 1}
    world.installed.remove(HOME)

    assert wait(world, reaper, LOOK + 20) == {"machine": 0, "registration": 0}
    assert len(world.runners) == 1


def test_nothing_that_is_marked_costs_a_request_every_ten_minutes(world: World, reaper: Reaper) -> None:
    """With something marked it is one a minute, for half an hour; then it is tried with the others."""
    wait(world, reaper, 6 * PAUSE)
    assert world.said.count("list acme") == 6

    world.begin("a1")
    world.show("a1")
    world.abandon("a1")
    world.refusals["delete"] = 422
    world.said.clear()
    wait(world, reaper, YOUNG + 6 * PAUSE)

    assert world.said.count("list acme") <= YOUNG / LOOK + 8


def test_names_are_those_that_the_engine_gives() -> None:
    """Short ones and long ones: by its name a machine tells which runner it was started for."""
    for run in ("0123456789abcdef", "a" * 52, "a" * 55, "a" * 64):
        for app in (1, 2**63 - 1):
            assert name_runner(app, run, 2) in name_runners(app, name_machine(run, 2))
            assert name_runner(app + 1, run, 2) not in name_runners(app, name_machine(run, 2))


STEPS = st.one_of(
    st.tuples(st.sampled_from(["begin", "abandon", "online", "busy", "offline", "lost"]), st.sampled_from("abcd")),
    st.tuples(st.sampled_from(["away", "back", "shut", "refuse", "accept"]), st.just("")),
    st.tuples(st.just("look"), st.sampled_from("12")),
    st.tuples(st.just("wait"), st.sampled_from(["20", "61", "301", "700"])),
)


def play(world: World, reapers: dict[str, Reaper], step: tuple[str, str]) -> None:
    """Let one thing happen."""
    what, word = step
    home = HOME if word < "c" else ORGANIZATION
    acts: dict[str, Callable[[], object]] = {
        "begin": lambda: None if world.knows(word) else world.begin(word, home),
        "abandon": lambda: world.abandon(word),
        "lost": lambda: world.lose(word),
        "away": lambda: world.away.add(HOME),
        "back": world.away.clear,
        "shut": lambda: world.refusals.update({HOME.name: 403}),
        "refuse": lambda: world.refusals.update({"delete": 422, "cancel": 1}),
        "accept": world.refusals.clear,
        "look": lambda: reapers.get(word, reapers["1"]).look(),
        "wait": lambda: world.wait(float(word)),
    }
    shows = {"online": (True, False), "busy": (True, True), "offline": (False, False)}
    if what in shows:
        world.show(word, online=shows[what][0], busy=shows[what][1])
    else:
        acts[what]()


@settings(deadline=None, max_examples=120)
@given(st.lists(STEPS, max_size=40), st.lists(STEPS, max_size=6))
def test_in_any_order_nothing_that_works_is_ended_and_nothing_is_left(
    steps: list[tuple[str, str]], between: list[tuple[str, str]]
) -> None:
    """Two processes look; things change between a list and the last look, too."""
    world = World()
    reapers = {"1": make(world), "2": make(world)}
    for run in "abc":  # three that a dead app left, one of them at work
        for what in ("begin", "busy" if run == "a" else "online", "abandon"):
            play(world, reapers, (what, run))
    for reaper in reapers.values():  # a permission that is taken away later was there
        reaper.look()
    unplayed = [step for step in between if step[0] in {"abandon", "online", "busy", "offline"}]
    world.before_find = lambda: play(world, reapers, unplayed.pop()) if unplayed else None
    for step in steps:
        play(world, reapers, step)
        play(world, reapers, ("look", ""))

    for step in [*(("offline", run) for run in "abcd"), ("back", ""), ("accept", "")]:
        play(world, reapers, step)
    unplayed.clear()
    wait(world, reapers["1"], 3 * PAUSE + BOOT)

    assert {runner.name for runner in world.runners.values()} <= world.owned
    assert set(world.machines) <= world.owned


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_what_is_decided_holds_for_every_scene(data: st.DataObject) -> None:
    """Nothing is reaped that was not marked, that somebody owns, that works, or whose runner is registered.

    What another App registered is not even marked.
    """
    world = World()
    for run in "abcd":
        world.begin(run)
        theirs = name(run, OTHER)
        other = replace(world.runners[len(world.runners)], id=len(world.runners) + 1, name=theirs)
        world.runners[other.id] = replace(other, labels=frozenset({theirs}), busy=data.draw(st.booleans()))
        world.show(run, online=data.draw(st.booleans()), busy=data.draw(st.booleans()))
    owned = data.draw(st.sets(st.sampled_from(sorted(world.owned))))
    ages, places = st.sampled_from([0.0, 10.0, 400.0]), st.sampled_from(["", HOME.name, HEAR.name])
    machines = tuple(Machine(run, data.draw(ages), data.draw(places)) for run in world.machines)
    unseen = data.draw(st.sets(st.sampled_from([HEAR, ORGANIZATION])))
    registered = data.draw(st.sets(st.sampled_from(sorted(world.runners.values(), key=lambda one: one.id))))
    keys = [*(one.key for one in machines), *(one.key for one in registered)]
    marks = {key: data.draw(st.sampled_from([0.0, 50.0, 290.0])) for key in data.draw(st.sets(st.sampled_from(keys)))}
    now = 300.0

    homes = {HOME: tuple(registered), HEAR: (), ORGANIZATION: ()} | dict.fromkeys(unseen)

    acts = decide(marks, machines, homes, Claim(APP, frozenset(owned)), now)

    busy = {runner.name for runner in registered if runner.busy}
    names = {runner.name for runner in registered}
    for thing in (act.thing for act in acts if isinstance(act, Reap)):
        assert now - marks[thing.key] >= LOOK
        if isinstance(thing, Machine):
            assert thing.run not in owned
            assert not name_runners(APP, thing.run) & names
            assert ORGANIZATION not in unseen
            assert not unseen or thing.repository == HOME.name
        else:
            assert thing.name not in owned | busy
    others = {str(runner.id) for runner in registered if runner.name.startswith(f"discharge-{OTHER}-")}
    touched = {act.key.name for act in acts if isinstance(act, Mark)}
    reaped = {act.thing.key.name for act in acts if isinstance(act, Reap)}
    assert not (touched | reaped) & others
