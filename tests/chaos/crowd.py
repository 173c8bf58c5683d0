"""A crowd of people in several repositories, as a seed has it, and what must be true of what the app did for them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.tale import found, land
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.play import Play

BOT = "discharge[bot]"
COMMANDS = (
    "/discharge SPEAK-001",
    "/discharge SPEAK-002",
    "/status",
    "/plan SPEAK-001",
    "/explain SPEAK-002",
    "/amend",
    "/help",
)
CHATTER = ("thanks!", "> /discharge SPEAK-001", "see `/status`", "LGTM")
_STATUS = re.compile(r"<!-- discharge:status v1 (\{.*\}) [0-9a-f]{64} -->")
_DISCHARGED = re.compile(r"^- Discharged by (?:#(\d+)|.*)$", re.MULTILINE)
_AMENDED = re.compile(r"^- spec\(.*: (?:#(\d+)|.*?)$", re.MULTILINE)
_RUN = re.compile(r"[0-9a-f]{16}")


@dataclass
class Crowd:
    """People, whose every choice comes from *chance*."""

    play: Play
    chance: Random
    names: tuple[str, ...]
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How many commands were written on a pull request of a repository."""

    def settle_down(self) -> None:
        """Make the repositories, in each of which one pull request landed, and install the app."""
        for name in self.names:
            found(self.play.sandbox, name, SPEAK + WAIT)
            self.play.sandbox.require(name)
        self.play.install(*self.names)

    def act(self) -> None:
        """Do one thing somewhere."""
        name, sandbox = self.chance.choice(self.names), self.play.sandbox
        pulls = sandbox.snapshot(name)["issues"]
        people = [int(number) for number, pull in pulls.items() if pull["author"] != BOT]
        match self.chance.choice(("land", "land", "open", "ask", "ask", "ask", "talk", "check")):
            case "land":
                land(sandbox, name)
            case "open":
                number = len(pulls) + 1
                files = {f"docs/note-{number}.md": "a note\n"}
                sandbox.open_pull(name, f"change-{number}", f"docs: note {number}", files=files)
            case "ask":
                number = self.chance.choice(people)
                self.asked[name, number] += 1
                sandbox.comment(name, number, self.chance.choice(COMMANDS))
            case "talk":
                sandbox.comment(name, self.chance.choice(people), self.chance.choice(CHATTER))
            case _:
                self._check(name)

    def _check(self, name: str) -> None:
        """Ask for a check of ours again, if there is any."""
        with self.play.sandbox.world.lock:
            runs = self.play.sandbox.world.repository(name).checks.values()
            ours = [run.id for run in runs if run.name == "discharge" and run.status == "completed"]
        if ours:
            self.play.sandbox.rerequest(name, self.chance.choice(ours))

    def look(self) -> list[str]:
        """Return what is not as it must be, a sentence each."""
        return [f"{name}: {said}" for name in self.names for said in self._look(name)]

    def _look(self, name: str) -> list[str]:
        snapshot = self.play.sandbox.snapshot(name)
        wrong = [said for number, pull in snapshot["issues"].items() for said in self._read(name, int(number), pull)]
        ours = [p for p in snapshot["issues"].values() if p["author"] == BOT and p["state"] == "open"]
        for kind, most in (("discharge/", 1), ("spec/", 1)):
            count = sum(pull["branch"].startswith(kind) for pull in ours)
            wrong += [f"{count} open pull requests {kind}*"] if count > most else []
        runs = Counter(check["external_id"] for check in snapshot["checks"])
        wrong += [
            f"{count} checks of the run {run}" for run, count in runs.items() if _RUN.fullmatch(run) and count > 1
        ]
        wrong += [f"the check {c['external_id']} goes on" for c in snapshot["checks"] if c["status"] != "completed"]
        wrong += [f"the branch {branch} was left" for branch in snapshot["branches"] if "tmp" in branch]
        return wrong

    def _read(self, name: str, number: int, pull: Any) -> list[str]:
        """Return what is wrong with what was said on one pull request."""
        wrong = []
        for said in pull["comments"]:
            seen = [reaction for reaction in said["reactions"] if reaction.startswith(BOT)]
            wanted = [f"{BOT} eyes"] if said["body"] in COMMANDS else []
            wrong += [f"#{number}: {said['body']!r} has the reactions {seen}"] if seen != wanted else []
        statuses = [found[1] for said in pull["comments"] if (found := _STATUS.match(said["body"]))]
        entries = [entry for status in statuses for entry in json.loads(status)["entries"]]
        older = sum(json.loads(status)["older"] for status in statuses)
        asked = self.asked[name, number]
        wrong += [f"#{number}: {len(statuses)} status comments for {asked} commands"] * (len(statuses) != bool(asked))
        wrong += [f"#{number}: {len(entries) + older} answers to {asked} commands"] * (len(entries) + older != asked)
        wrong += [f"#{number}: an answer is {entry['state']}" for entry in entries if entry["state"] == "waiting"]
        wrong += [f"#{number}: {said!r}" for each in pull["comments"] for said in self._misname(name, each["body"])]
        return wrong

    def _misname(self, name: str, body: str) -> list[str]:
        """Return where an answer speaks of a pull request that is another one."""
        pulls = self.play.sandbox.snapshot(name)["issues"]
        named = [(found[0], "discharge/", found[1]) for found in _DISCHARGED.finditer(body)]
        named += [(found[0], "spec/", found[1]) for found in _AMENDED.finditer(body)]
        return [said for said, kind, number in named if not pulls.get(number, {}).get("branch", "").startswith(kind)]
