"""Runs on GitHub Actions, decided: a world that does whatever it likes, and what must hold of every run in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.action.model import Cancel, Deregister, Dispatch, End, Fetch, Hand, Limits, Look, Mint, Seen, Sleep, Stop, Wake
from app.action.record import Attempt, Record, choose, name_machine, name_runner, read, write
from app.action.stage import DAY, TRIES, WAKE, decide, is_clear, tell

LIMITS = Limits(watchdog=1200.0, deadline=900.0)
START = 1_000_000.0
OURS, THEIRS = 500, 900


@dataclass
class Site:
    """One attempt as the world has it."""

    machine: str = "none"
    runner: str = "gone"
    registered: bool = False
    lent: bool = False
    dispatched: bool = False
    told: bool = False
    job: str = "none"
    holder: int = 0
    result: bool = False


@dataclass
class World:
    """GitHub, the machines and the clock; every act is done, or fails, or is done and its answer is lost."""

    record: Record
    now: float = START
    ended: str = ""
    ends: int = 0
    sites: dict[int, Site] = field(default_factory=dict)
    online: int = 0
    idle: int = 0
    dispatches: int = 0
    wakes: list[float] = field(default_factory=list)
    slept: int = 0

    def site(self, number: int) -> Site:
        """Return an attempt's part of the world."""
        return self.sites.setdefault(number, Site())

    def look(self) -> Seen:
        """Return what there is to be seen."""
        looks = {number: self._look(number, site) for number, site in self.sites.items()}
        return Seen(bool(self.ended), looks, self.online, self.idle)

    def _look(self, number: int, site: Site) -> Look:
        attempt = next((one for one in self.record.attempts if one.number == number), Attempt(number))
        return Look(
            machine=site.machine,  # type: ignore[arg-type]
            runner=site.runner,  # type: ignore[arg-type]
            found=number * 10 if site.dispatched and not attempt.workflow else 0,
            stray=("repository", OURS + number) if site.registered and not attempt.level else ("", 0),
            closed=site.job == "over",
            job=site.job,  # type: ignore[arg-type]
            holder=site.holder,
            conclusion="success" if site.job == "over" else "",
            words=": its program ended with exit status 3" if site.machine == "over" else "",
        )

    def turn(self, fate: str) -> None:
        """Decide once, and do what is due; *fate*: `done`, `lost` (done, but nobody is told) or `failed`."""
        turn = decide(self.record, self.look(), self.now, LIMITS)
        self.record = read(write(turn.record))
        for act in turn.acts:
            if fate != "failed" or isinstance(act, End):
                self._do(act, told=fate == "done")

    def _do(self, act: object, *, told: bool) -> None:  # noqa: C901 - one case for every act there is
        match act:
            case Mint(number):
                site = self.site(number)
                site.registered, site.runner = True, "offline"
                self._note(number, told, level="repository", runner=OURS + number)
            case Hand(number):
                self.site(number).machine = "waiting"
                self._note(number, told=True, handed=True)
            case Dispatch(number):
                site = self.site(number)
                self.dispatches += not site.dispatched
                site.dispatched, site.job = True, "queued" if site.job == "none" else site.job
                self._note(number, told, workflow=number * 10)
            case Fetch(number):
                self.ended = self.ended or ("bundle" if self.site(number).result else "")
                self.ends += self.ended == "bundle"
            case Cancel(number):
                self.site(number).job = "over"
            case Stop(number):
                self._stop(number)
            case Deregister(number):
                site = self.site(number)
                assert site.runner != "busy", "a busy runner is never deleted"
                site.runner, site.registered = "gone", False
                self._note(number, told, runner=0)
            case Wake():
                self.wakes.append(self.now)
            case Sleep():
                self.slept += 1
            case End(reason):
                assert not self.ended, "one end"
                self.ended, self.ends = reason, self.ends + 1

    def _stop(self, number: int) -> None:
        site = self.site(number)
        assert not site.lent, "no machine is ended under the job of somebody else"
        site.machine = "over"
        site.runner = "offline" if site.runner != "gone" else "gone"
        self._note(number, told=True, handed=False)

    def _note(self, number: int, told: bool, **values: object) -> None:  # noqa: FBT001 - as it comes
        if told:
            kept = next(one for one in self.record.attempts if one.number == number)
            self.record = self.record.put(replace(kept, **values))  # type: ignore[arg-type]

    def happen(self, what: str) -> None:
        """Let something happen to the newest attempt, where it can."""
        if what in {"online", "offline", "occupied"}:
            self.online, self.idle = int(what != "offline"), int(what == "online")
        if what == "cancel" and not self.ended:
            self.ended, self.ends = "cancelled", self.ends + 1
        if self.sites:
            site = self.sites[max(self.sites)]
            self._happen_to_machine(what, site)
            self._happen_to_job(what, site)

    def _happen_to_machine(self, what: str, site: Site) -> None:
        match what:
            case "boot" if site.machine == "waiting":
                site.machine = "working"
            case "register" if site.machine == "working" and site.runner == "offline":
                site.runner = "online"
            case "lend" if site.runner == "online":
                site.runner, site.lent = "busy", True
            case "return" if site.lent:
                site.lent, site.runner, site.registered, site.machine = False, "gone", False, "over"
            case "die" if site.machine in {"waiting", "working"} and not site.lent:
                site.machine = "over"
                site.runner = "offline" if site.runner != "gone" else "gone"
            case _:
                pass

    def _happen_to_job(self, what: str, site: Site) -> None:
        match what:
            case "take" if site.job == "queued":
                self._take(site, max(self.sites))
            case "end" | "end badly" if site.job == "working":
                site.job, site.result = "over", what == "end"
                site.runner, site.registered, site.machine = "gone", False, "over"
            case "steal" if site.job == "queued":
                site.job, site.holder = "working", THEIRS
            case _:
                pass

    def _take(self, site: Site, number: int) -> None:
        if self.record.kind == "registered":
            site.job, site.holder = "working", THEIRS
        elif site.runner == "online":
            site.job, site.holder, site.runner = "working", OURS + number, "busy"


EVENTS = ("online", "offline", "occupied", "cancel", "boot", "register", "take", "lend", "return", "die", "end")
CHANCES = st.tuples(
    st.sampled_from([*EVENTS, "steal", "end badly", "boot", "register", "take", "online", ""]),
    st.sampled_from([1.0, 30.0, 30.0, 90.0, 1500.0]),
    st.sampled_from(["done", "done", "lost", "failed"]),
)


def begin(kind: str) -> World:
    """Return a world in which a run was just asked for."""
    labels = choose(kind, ("GPU", "self-hosted"))  # type: ignore[arg-type]
    return World(Record(kind, labels, START))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["actions", "registered"]), st.lists(CHANCES, max_size=40))
def test_whatever_happens_a_run_has_one_end_and_nothing_is_left(
    kind: str, chances: list[tuple[str, float, str]]
) -> None:
    """In any order of events, lost answers and failures: one end, no busy runner touched, nothing left over."""
    world = begin(kind)
    for what, seconds, fate in chances:
        world.happen(what)
        world.now += seconds
        world.turn(fate)
        assert len(world.record.attempts) <= TRIES
        assert world.ends == bool(world.ended)
    for _ in range(40):
        world.happen("return")
        world.now += DAY / 20
        world.turn("done")

    assert world.ends == 1
    assert is_clear(world.record)
    assert all(site.job in {"none", "over"} for site in world.sites.values())
    if kind == "actions":
        assert not any(site.registered for site in world.sites.values()), "no registration is left"
        assert all(site.machine in {"none", "over"} for site in world.sites.values()), "no machine is left"
    assert all(later - earlier >= WAKE for earlier, later in zip(world.wakes, world.wakes[1:], strict=False))
    assert world.slept <= 1


def play(world: World, *steps: str) -> None:
    """Let things happen, a look of 30 seconds after each."""
    for what in steps:
        world.happen(what)
        world.now += 30.0
        world.turn("done")


def test_a_run_is_carried_by_a_runner_of_its_own() -> None:
    """Registered, started, dispatched, taken, ended, fetched: one of each, and the people see queued, then running."""
    world = begin("actions")
    told = []
    for what in ("", "", "boot", "register", "take", "end", ""):
        play(world, what)
        told.append(tell(world.record))

    assert world.ended == "bundle"
    assert (len(world.record.attempts), world.dispatches) == (1, 1)
    assert told == ["queued"] * 4 + ["working"] * 3
    assert world.record.labels == ("self-hosted", "gpu")


def test_no_machine_online_parks_a_run_and_costs_nothing() -> None:
    """It waits for a machine for a day at most, wakes one every ten minutes, and goes on by itself."""
    world = begin("registered")
    play(world, *[""] * 60)

    assert tell(world.record) == "parked"
    assert (world.dispatches, len(world.wakes)) == (0, 3)
    play(world, "online", "take", "end", "", "")
    assert (world.ended, world.dispatches, world.slept) == ("bundle", 1, 1)

    late = begin("registered")
    play(late, "")
    late.now += DAY
    play(late, "")
    assert late.ended == "no machine with the labels `gpu`, `self-hosted` was online for 24 hours"


def test_a_runner_that_takes_another_job_is_left_alone() -> None:
    """The run goes on with a second runner; the first is let go once it is done with what it took."""
    world = begin("actions")
    play(world, "", "", "boot", "register", "lend", "", "")

    first, second = world.record.attempts
    assert (first.lost, first.handed, second.lost) == (True, True, False)
    play(world, "boot", "register", "take", "end", "")
    assert world.ended == "bundle"
    assert world.sites[1].lent
    world.sites[1].lent, world.sites[1].runner = False, "gone"
    play(world, "", "")
    assert is_clear(world.record)


def test_two_runners_that_die_are_enough() -> None:
    """A run whose runners die before they take it is gone after the second."""
    world = begin("actions")
    play(world, *["", "", "boot", "register", "die", "", "", ""] * 2)

    why = "its machine ended before the runner took the job: its program ended with exit status 3"
    assert world.ended == f"{why}; no further runner is started after 2"


def test_a_job_that_nobody_takes_is_ended_by_the_watchdog() -> None:
    """The minutes count from the moment a machine was there, and the sentence names labels and minutes."""
    world = begin("actions")
    play(world, "", "", *[""] * 100)
    waited = world.ended
    play(world, "boot", *[""] * 42)

    told = "no runner with the labels `self-hosted`, `gpu` took the job within 20 minutes"
    assert (waited, world.ended) == ("", told)


def test_a_stranger_that_takes_the_job_is_not_believed() -> None:
    """What another runner than ours did is not measured."""
    world = begin("actions")
    play(world, "", "", "boot", "register", "steal")

    assert world.ended == "another runner than the one that was started for it took the job"


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True), st.sampled_from([1, 2]), st.integers(1, 2**63 - 1))
def test_names_fit(run: str, attempt: int, app: int) -> None:
    """No name is longer than GitHub and the engines allow, and no two attempts share one, nor two Apps a runner's."""
    name = name_runner(app, run, attempt)

    assert max(len(name), len(name_machine(run, attempt))) <= 64
    assert name not in {name_runner(app, run, 3 - attempt), name_runner(app + 1, run, attempt)}
