"""Git's objects as values: a commit with its people, an entry of a tree, a changed file; read from git's own bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<when>-?\d+) (?P<zone>[+-]\d{4})")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who wrote or committed, and when (seconds since the epoch)."""

    name: str
    email: str
    when: int
    zone: str = "+0000"

    @property
    def date(self) -> str:
        """Return the time as GitHub shows it, in UTC."""
        return datetime.fromtimestamp(self.when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def local(self) -> str:
        """Return the time with the offset of its writer, as webhooks show it."""
        hours, minutes = int(self.zone[1:3]), int(self.zone[3:5])
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if self.zone[0] == "-" else 1)
        return datetime.fromtimestamp(self.when, timezone(offset)).isoformat()

    def line(self) -> str:
        """Return it as it stands in a commit; signs that would end a field are dropped."""
        name, email = (re.sub(r"[<>\x00\n]", "", part).strip() for part in (self.name, self.email))
        return f"{name} <{email}> {self.when} {self.zone}"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with words of its own; *target* is the object of *kind* that it names."""

    sha: str
    target: str
    kind: str
    name: str
    tagger: Signature
    message: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree; *path* is relative to the tree that was asked for."""

    mode: str
    kind: str
    sha: str
    path: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to make: new content, another object (*sha*) at a mode, or a deletion (both None)."""

    path: str
    data: bytes | None = None
    sha: str | None = None
    mode: str = "100644"


@dataclass(frozen=True, slots=True)
class Change:
    """A changed file between two commits; counts are None for binary files."""

    status: str
    path: str
    before: str | None
    sha: str
    added: int
    removed: int


def possible(path: str) -> bool:
    """Say whether a path can stand in a commit: no empty, dotted or `.git` part, no NUL."""
    parts = path.split("/")
    return "\0" not in path and all(part and part not in {".", ".."} and part.lower() != ".git" for part in parts)


def _read_person(line: str) -> Signature:
    found = _PERSON.fullmatch(line)
    if found is None:
        return Signature(line, "", 0)
    return Signature(found["name"], found["email"], int(found["when"]), found["zone"])


def read_commit(sha: str, raw: bytes) -> Commit:
    """Read a commit from its object's bytes."""
    head, _, message = raw.decode("utf-8", "replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        fields.setdefault(key, []).append(value)
    author, committer = (_read_person(fields[role][0]) for role in ("author", "committer"))
    return Commit(sha, fields["tree"][0], tuple(fields.get("parent", [])), author, committer, message)


def write_commit(commit: Commit) -> bytes:
    """Return the bytes of a commit's object; its own *sha* is not looked at."""
    lines = [f"tree {commit.tree}", *(f"parent {parent}" for parent in commit.parents)]
    lines += [f"author {commit.author.line()}", f"committer {commit.committer.line()}"]
    return ("\n".join(lines) + "\n\n" + commit.message).encode()


def read_tag(sha: str, raw: bytes) -> Tag:
    """Read a tag from its object's bytes."""
    head, _, message = raw.decode("utf-8", "replace").partition("\n\n")
    fields = {key: value for key, _, value in (line.partition(" ") for line in head.split("\n"))}
    return Tag(sha, fields["object"], fields["type"], fields["tag"], _read_person(fields["tagger"]), message)


def write_tag(tag: Tag) -> bytes:
    """Return the bytes of a tag's object; its own *sha* is not looked at."""
    lines = (f"object {tag.target}", f"type {tag.kind}", f"tag {tag.name}", f"tagger {tag.tagger.line()}")
    return ("\n".join(lines) + "\n\n" + tag.message).encode()


def read_tree(raw: bytes) -> tuple[TreeEntry, ...]:
    """Read a tree from its object's bytes (SHA-1 repositories)."""
    entries, at = [], 0
    while at < len(raw):
        space, end = raw.index(b" ", at), raw.index(b"\0", at)
        mode, name = raw[at:space].decode(), raw[space + 1 : end].decode("utf-8", "surrogateescape")
        kind = {"40000": "tree", "160000": "commit"}.get(mode, "blob")
        entries.append(TreeEntry(mode.zfill(6), kind, raw[end + 1 : end + 21].hex(), name))
        at = end + 21
    return tuple(entries)


def read_changes(raw: bytes) -> tuple[Change, ...]:
    """Read what `diff-tree -z -M --raw --numstat` prints: first the raw entries, then the counts."""
    fields = iter(raw.decode("utf-8", "replace").split("\0"))
    states: list[tuple[str, str, str | None, str]] = []
    counts: list[tuple[int, int]] = []
    for text in fields:
        if text.startswith(":"):
            status = text.split(" ")[4][0]
            first = next(fields)
            second = next(fields) if status in "RC" else None
            states.append((status, second or first, first if second else None, text.split(" ")[3]))
        elif text:
            added, removed, path = text.split("\t", 2)
            if not path:
                next(fields), next(fields)
            counts.append((0 if added == "-" else int(added), 0 if removed == "-" else int(removed)))
    return tuple(Change(*state, *count) for state, count in zip(states, counts, strict=True))


def write_edit(edit: Edit) -> bytes:
    """Return an edit in the language of fast-import."""
    quoted = edit.path.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    if edit.data is not None:
        return b'M %s inline "%s"\ndata %d\n%s' % (edit.mode.encode(), quoted, len(edit.data), edit.data)
    if edit.sha is not None:
        return b'M %s %s "%s"' % (edit.mode.encode(), edit.sha.encode(), quoted)
    return b'D "%s"' % quoted
