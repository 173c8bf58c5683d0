"""Every request of every method fails once, in every way: the end is the same as without, and nothing is twice."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from app.github import Annotation, CheckDraft, ReleaseDraft, Remark, ReviewDraft
from app.sandbox.fault import KINDS, LATE
from tests.app.remote import Remote, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.hub.client import Client

NUMBERS = count(1)
CERTAIN = ("forbidden_retry_after", "too_many", "unauthorized", "rate_limited")
"""After these nothing has happened, so that they can come in a row."""
FAULTS = [("bad_gateway",), *((kind,) for kind in LATE), CERTAIN]
FULL = os.environ.get("CHAOS") == "1"
FILES = {"contracts/a.yaml": b"version: 2\n", "evidence/log.txt": b"log\n"}
NOTES = tuple(Annotation("contracts/a.yaml", n + 1, "failure", f"Line {n}.", "") for n in range(70))


@dataclass
class Case:
    """A repository, and what a method needs to be there already; each is made when it is first named."""

    remote: Remote
    client: Client
    name: str
    first: str

    @cached_property
    def theirs(self) -> int:
        """A person's pull request."""
        return self.remote.sandbox.open_pull(self.name, "topic", files={"t.txt": "t\n"})

    @cached_property
    def asked(self) -> int:
        """A person's comment."""
        return self.remote.sandbox.comment(self.name, self.theirs, "/discharge all")

    @cached_property
    def said(self) -> int:
        """Our comment."""
        return self.client.write_comment(self.theirs, "status", None)

    @cached_property
    def check(self) -> int:
        """Our check run."""
        return self.client.write_check(self.draft("begun"), None)

    @cached_property
    def tip(self) -> str:
        """The head of our branch."""
        return self.client.write_branch("mine", self.first, {"m.txt": b"m\n"}, "Mine\n", tip=None)

    @cached_property
    def main(self) -> str:
        """A second commit of the default branch."""
        return self.remote.sandbox.push(self.name, "main", {"n.txt": "n\n"})

    @cached_property
    def mine(self) -> int:
        """Our pull request."""
        return self.client.open_pull("mine", "main", "Mine", "Body", []) if self.tip else 0

    @cached_property
    def required(self) -> None:
        """A check that must pass before anything is merged."""
        self.remote.sandbox.require(self.name, "discharge")

    @cached_property
    def tag(self) -> None:
        """A tag on the first commit."""
        self.client.write_tag("t", self.first)

    @cached_property
    def release(self) -> int:
        """A draft of a release of that tag, with an upload that broke off."""
        self.remote.sandbox.tag(self.name, "t", self.first)
        wish = {"tag_name": "t", "draft": True, "target_commitish": self.first}
        made = self.client.wire.ask("POST", "/repos/{repository}/releases", wish, repository=self.name)
        self.remote.sandbox.break_off(self.name, made["id"], "log.txt")
        return int(made["id"])

    def publish(self, release: int | None = None) -> ReleaseDraft:
        """Return a release of the tag, with two files."""
        files = (("log.txt", b"log\n"), ("receipt.json", b"{}\n"))
        return ReleaseDraft("t", self.first, "T", "Notes", files, release)

    def draft(self, key: str, notes: tuple[Annotation, ...] = ()) -> CheckDraft:
        """Return a check run."""
        return CheckDraft("discharge", self.first, key, "completed", "failure", "T", "S", annotations=notes)

    def review(self) -> Any:
        """Comment on a line of a person's pull request."""
        head = self.client.threads(self.theirs).head
        return self.client.write_review(ReviewDraft(self.theirs, head, "B", (Remark("t.txt", 1, "words"),)))

    def write(self, branch: str, parent: str, tip: str | None) -> Any:
        """Write a branch."""
        return bool(self.client.write_branch(branch, parent, FILES, "A change\n\nWith words.\n", tip=tip))

    def comment(self, body: str, comment: int | None) -> Any:
        """Write a comment."""
        written = self.client.write_comment(self.theirs, body, comment)
        return comment is None or written == comment

    def merge(self) -> Any:
        """Have our pull request merged."""
        return self.client.merge_when_green(self.mine, self.tip, "squash", "T", "B")[:9]


METHODS: dict[str, tuple[str, Callable[[Case], Any]]] = {
    "survey": ("said check mine", lambda case: case.client.survey(case.theirs, [case.first]).branch),
    "role": ("", lambda case: case.client.role("octo-writer")),
    "react": ("asked", lambda case: case.client.react(case.asked, "eyes")),
    "write a comment": ("theirs", lambda case: case.comment("a new comment\n", None)),
    "change a comment": ("said", lambda case: case.comment("changed", case.said)),
    "find threads": ("theirs", lambda case: case.client.threads(case.theirs).threads),
    "write a review": ("theirs", lambda case: case.review()),
    "write a check": ("", lambda case: bool(case.client.write_check(case.draft("new", NOTES), None))),
    "change a check": ("check", lambda case: case.client.write_check(case.draft("begun", NOTES), case.check) > 0),
    "begin a branch": ("", lambda case: case.write("new", case.first, None)),
    "go on with a branch": ("tip", lambda case: case.write("mine", case.tip, case.tip)),
    "replace a branch": ("tip main", lambda case: case.write("mine", case.main, case.tip)),
    "open a pull request": ("tip", lambda case: case.client.open_pull("mine", "main", "New", "B", ["discharge"])),
    "change a pull request": ("mine", lambda case: case.client.write_pull(case.mine, "New title", "New body")),
    "merge": ("mine", lambda case: case.merge()),
    "merge later": ("mine required", lambda case: case.merge()),
    "delete a branch": ("tip", lambda case: case.client.delete_branch("mine")),
    "find a tag": ("tag", lambda case: case.client.find_tag("t") == case.first),
    "write a tag": ("", lambda case: case.client.write_tag("t", case.first)),
    "find releases": ("release", lambda case: bool(case.client.find_releases("t")[0].id)),
    "write a release": ("tag", lambda case: case.client.write_release(case.publish())),
    "complete a release": ("release", lambda case: case.client.write_release(case.publish(case.release))),
}
"""What there must be before, and what is done."""


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """One GitHub for all; every try has a repository of its own."""
    with visit(tmp_path_factory.mktemp("data")) as remote:
        yield remote


@dataclass(frozen=True)
class End:
    """How a method ended: what it returned, how many requests it made, what GitHub looks like."""

    returned: Any
    requests: int
    state: Any


def play(remote: Remote, method: str, kinds: tuple[str, ...] = (), nth: int = 1) -> End:
    """Carry a method out in a new repository; the *nth* of its requests fails, once in every way of *kinds*."""
    name = f"acme/case-{next(NUMBERS)}"
    first = remote.add(name)
    with remote.client(name) as client:
        case = Case(remote, client, name, first)
        needs, act = METHODS[method]
        for need in needs.split():
            getattr(case, need)
        for kind in kinds:
            remote.sandbox.fault(kind, path=rf"/{name}\b|graphql$", nth=nth, seconds=3)
        remote.told.clear()
        returned = act(case)
        end = End(returned, len(remote.routes), remote.snapshot(name))
    remote.sandbox.world.repository(name).store.close()
    return end


@pytest.fixture(scope="module")
def ends() -> dict[str, End]:
    """How each method ends if nothing fails, as far as it was tried."""
    return {}


def test_every_fault_is_tried() -> None:
    """The sandbox knows no other way to fail."""
    assert sorted(kind for kinds in FAULTS for kind in kinds) == sorted(KINDS)


@pytest.mark.parametrize("kinds", FAULTS, ids="+".join)
@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_fails_once_changes_nothing(
    remote: Remote, ends: dict[str, End], monkeypatch: pytest.MonkeyPatch, method: str, kinds: tuple[str, ...]
) -> None:
    """What was returned, and what stands on GitHub, is the same; it takes few requests more."""
    clean = ends.setdefault(method, play(remote, method)) if method not in ends else ends[method]
    if "timeout" in kinds:
        monkeypatch.setattr(remote.access, "terms", quick(remote))
    # the first request fails in every way; a reset after the write, the hardest, stands for all in the later ones
    for nth in range(1, clean.requests + 1 if FULL or "reset_after" in kinds else 2):
        remote.slept.clear()
        failed = play(remote, method, kinds, nth)
        assert (failed.returned, failed.state) == (clean.returned, clean.state)
        assert clean.requests < failed.requests <= clean.requests + (4 if kinds is CERTAIN else 3)
        assert sum(remote.slept) <= 9


@pytest.fixture(autouse=True)
def mended(remote: Remote) -> Iterator[None]:
    """Nothing goes wrong but what a try asks for."""
    yield
    remote.sandbox.clear_faults()


def quick(remote: Remote) -> Any:
    """Return terms under which half a second of silence is too long."""
    terms = remote.access.terms
    return replace(terms, patience=replace(terms.patience, timeout=0.5))
