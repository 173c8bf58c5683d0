"""What git keeps, as GraphQL shows it: refs, commits, trees, blobs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.sandbox.commit import read_commit, read_tree
from app.sandbox.model import Unserved, name_node

if TYPE_CHECKING:
    from app.sandbox.commit import Commit, Signature, TreeEntry
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Account, CheckSuite, Pull, Repository

HEADS = "refs/heads/"
ALL = 10_000
"""How many commits of a history are looked at."""


@dataclass(frozen=True, slots=True)
class Content:
    """An object in a repository's store; *kind* is git's word for it, *path* where in a commit it was found."""

    repository: Repository
    sha: str
    kind: str
    data: bytes
    path: str = ""

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node({"commit": "C", "tree": "T", "blob": "B"}[self.kind], self.repository.id, self.sha)

    @property
    def commit(self) -> Commit:
        """Return what a commit says."""
        return read_commit(self.sha, self.data)


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref where it stands; *name* is in full."""

    repository: Repository
    name: str
    sha: str

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("REF", self.repository.id, self.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a tree, with its repository; *path* leads there from the root of the commit."""

    repository: Repository
    entry: TreeEntry
    path: str


@dataclass(frozen=True, slots=True)
class Signed:
    """GitHub's signature of a commit: the sandbox keeps that there is one, not the signature."""

    email: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote or committed, as git names them, and the account that the address belongs to."""

    signature: Signature
    user: Account | None


def find(repository: Repository, name: str) -> Content | None:
    """Return the object that an id or expression stands for; a branch or tag may be named shortly."""
    start, colon, path = name.partition(":")
    refs = repository.store.refs
    sha = refs.get(f"{HEADS}{start}") or refs.get(f"refs/tags/{start}") or start
    found = repository.store.read(f"{sha}{colon}{path}")
    return Content(repository, *found, path) if found and found[1] in {"commit", "tree", "blob"} else None


def find_commit(repository: Repository, sha: str | None) -> Content | None:
    """Return a commit by its id, None if there is none."""
    found = find(repository, sha) if sha else None
    return found if found and found.kind == "commit" else None


def find_ref(repository: Repository, name: str) -> Ref | None:
    """Return a ref by its full name, or a branch by its short one."""
    refs = repository.store.refs
    full = next((n for n in (name, f"refs/{name}", f"{HEADS}{name}", f"refs/tags/{name}") if n in refs), None)
    return Ref(repository, full, refs[full]) if full else None


def _person(signature: Signature, scope: Scope) -> Person:
    accounts = scope.world.accounts.values()
    return Person(signature, next((a for a in accounts if a.email == signature.email and a.kind == "User"), None))


def _history(at: Content, _scope: Scope, args: Args) -> list[Content]:
    unserved = {"author", "path"} & {name for name, value in args.items() if value is not None}
    if unserved:
        raise Unserved(f"Commit.history({', '.join(sorted(unserved))})")
    commits = [find_commit(at.repository, sha) for sha in at.repository.store.log(at.sha, limit=ALL)]
    dated = [(c.commit.committer.date, c) for c in commits if c]
    return [c for date, c in dated if (args.get("since") or "") <= date <= (args.get("until") or "9")]


def _parents(at: Content, _scope: Scope, _args: Args) -> list[Content | None]:
    return [find_commit(at.repository, sha) for sha in at.commit.parents]


def _pulls(at: Content, _scope: Scope, _args: Args) -> list[Pull]:
    """Return the pull requests that a commit belongs to: it landed them, or is one of their commits."""

    def belongs(pull: Pull) -> bool:
        within = pull.state == "open" or pull.merged is not None
        return pull.landed == at.sha or (within and at.sha in at.repository.store.log(pull.head, pull.base))

    return [pull for pull in at.repository.pulls if belongs(pull)]


def _suites(at: Content, scope: Scope, args: Args) -> list[CheckSuite]:
    scope.need("checks", "read", at.repository)
    wanted = args.get("filterBy") or {}
    app, name = wanted.get("appId"), wanted.get("checkName")
    return [
        suite
        for suite in at.repository.suites.values()
        if suite.head == at.sha
        and (app is None or suite.app.id == app)
        and (name is None or any(run.name == name for run in suite.runs))
    ]


def _counts(at: Content) -> tuple[int, int, int]:
    """Return how many files a commit changes, and how many lines it adds and removes."""
    changes = at.repository.store.changes((*at.commit.parents, None)[0], at.sha)
    return len(changes), sum(c.added for c in changes), sum(c.removed for c in changes)


def _signature(at: Content, _scope: Scope, _args: Args) -> Signed | None:
    return Signed(at.commit.committer.email) if at.sha in at.repository.verified else None


def _file(at: Content, _scope: Scope, args: Args) -> Entry | None:
    entry = at.repository.store.find(at.sha, args["path"])
    return Entry(at.repository, entry, entry.path) if entry else None


def _entries(at: Content, _scope: Scope, _args: Args) -> list[Entry]:
    folder = f"{at.path.rstrip('/')}/" if at.path else ""
    return [Entry(at.repository, entry, f"{folder}{entry.path}") for entry in read_tree(at.data)]


def _content(it: Entry, _scope: Scope, _args: Args) -> Content | None:
    found = find(it.repository, it.entry.sha)
    return replace(found, path=it.path) if found else None


def _message(at: Content) -> tuple[str, str]:
    """Return the headline and the body of a message."""
    head, _, body = at.commit.message.rstrip("\n").partition("\n")
    return head, body.strip("\n")


def _text(at: Content, _scope: Scope, _args: Args) -> str | None:
    return None if b"\0" in at.data else at.data.decode("utf-8", "replace")


_OBJECT: Fields = {
    "abbreviatedOid": lambda at, _scope, _args: at.sha[:7],
    "commitUrl": lambda at, scope, _args: scope.url(at.repository, "commit", at.sha),
    "id": "node",
    "oid": "sha",
    "repository": "repository",
}
COMMIT: Fields = {
    **_OBJECT,
    "additions": lambda at, _scope, _args: _counts(at)[1],
    "associatedPullRequests": _pulls,
    "author": lambda at, scope, _args: _person(at.commit.author, scope),
    "authoredDate": "commit.author.date",
    "changedFilesIfAvailable": lambda at, _scope, _args: _counts(at)[0],
    "checkSuites": _suites,
    "committedDate": "commit.committer.date",
    "committer": lambda at, scope, _args: _person(at.commit.committer, scope),
    "deletions": lambda at, _scope, _args: _counts(at)[2],
    "file": _file,
    "history": _history,
    "message": lambda at, _scope, _args: at.commit.message.rstrip("\n"),
    "messageBody": lambda at, _scope, _args: _message(at)[1],
    "messageHeadline": lambda at, _scope, _args: _message(at)[0],
    "parents": _parents,
    "signature": _signature,
    "tree": lambda at, _scope, _args: find(at.repository, at.commit.tree),
    "url": lambda at, scope, _args: scope.url(at.repository, "commit", at.sha),
}
TREE: Fields = {
    **_OBJECT,
    "entries": _entries,
}
BLOB: Fields = {
    **_OBJECT,
    "byteSize": lambda at, _scope, _args: len(at.data),
    "isBinary": lambda at, _scope, _args: b"\0" in at.data,
    "isTruncated": lambda _at, _scope, _args: False,
    "text": _text,
}
TREE_ENTRY: Fields = {
    "mode": lambda it, _scope, _args: int(it.entry.mode, 8),
    "name": lambda it, _scope, _args: it.path.rpartition("/")[2],
    "object": _content,
    "oid": "entry.sha",
    "path": "path",
    "repository": "repository",
    "type": "entry.kind",
}
REF: Fields = {
    "id": "node",
    "name": lambda ref, _scope, _args: ref.name.split("/", 2)[2],
    "prefix": lambda ref, _scope, _args: "/".join(ref.name.split("/", 2)[:2]) + "/",
    "repository": "repository",
    "target": lambda ref, _scope, _args: find(ref.repository, ref.sha),
}
SIGNATURE: Fields = {
    "email": "email",
    "isValid": lambda _signed, _scope, _args: True,
    "state": lambda _signed, _scope, _args: "VALID",
    "wasSignedByGitHub": lambda _signed, _scope, _args: True,
}
GIT_ACTOR: Fields = {
    "date": "signature.local",
    "email": "signature.email",
    "name": "signature.name",
    "user": "user",
}
