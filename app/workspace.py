"""What every command gathers first: the repository, its default branch, the configuration there, the contracts."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from app.config import PATH, Configured, Misconfigured, check, read, read_smokes
from app.glob import select
from app.history import Repository
from contracts.document import read as read_contract
from contracts.error import Complaint, Place, Unreadable
from spec.document import read as read_spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contracts.document import Document
    from contracts.model import Contract
    from runners.smoke import Smoke
    from spec.document import Spec

_FALLBACK = 'version: 1\ncontracts: ["contracts/**/*.yaml", "contracts/**/*.yml"]\n'


@dataclass(frozen=True)
class Workspace:
    """One commit of the default branch, with the configuration that stands there."""

    repository: Repository
    branch: str
    commit: str
    configured: Configured
    bare: bool
    """Whether there is no configuration file, so that only reading makes sense."""

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every file at the commit."""
        return self.repository.paths(self.commit)

    @cached_property
    def contract_paths(self) -> tuple[str, ...]:
        """Every file at the commit that the configuration calls a contract."""
        return select(self.paths, self.configured.config.contracts)

    @cached_property
    def documents(self) -> dict[str, Document | Unreadable]:
        """Path → contract file as read, or why it could not be."""
        return self.read(self.commit, self.contract_paths)

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts among the documents."""
        found = (d.contract for d in self.documents.values() if not isinstance(d, Unreadable))
        return tuple(contract for contract in found if contract)

    def read(self, commit: str, paths: Sequence[str]) -> dict[str, Document | Unreadable]:
        """Return path → document of those of *paths* that exist at *commit*."""
        blobs = self.repository.read(commit, paths)
        return {path: _try_read(path, content) for path, content in blobs.items()}

    def document(self, commit: str, path: str) -> Document:
        """Return one contract file.

        Raises:
            Unreadable: it does not exist, or cannot be read.
        """
        found = self.read(commit, [path]).get(path)
        if found is None:
            raise Unreadable(f"{path} does not exist at {commit[:9]}", Place(path))
        if isinstance(found, Unreadable):
            raise found
        return found

    def trust(self, keys: tuple[str, ...]) -> Workspace:
        """Return the same workspace, in which the signatures of *keys* count."""
        configured = copy(self.configured)
        configured.config = self.configured.config.model_copy(update={"keys": keys})
        return replace(self, configured=configured)

    def spec(self, commit: str, path: str) -> Spec:
        """Return one spec.

        Raises:
            Unreadable: it does not exist, or cannot be read.
        """
        content = self.repository.read(commit, [path]).get(path)
        if content is None:
            raise Unreadable(f"{path} does not exist at {commit[:9]}", Place(path))
        return read_spec(decode(content, path), path)

    def smoke(self, name: str) -> Smoke:
        """Return a smoke by name.

        Raises:
            Complaint: there is none of that name.
        """
        smokes = self.configured.smokes
        if name not in smokes:
            known = ", ".join(sorted(smokes)) or "none"
            raise Complaint(f"no smoke is called “{name[:80]}”", mend=f"The configuration has: {known}")
        return smokes[name]


def open_workspace(folder: Path, *, branch: str | None = None, needs_config: bool = True) -> Workspace:
    """Gather the workspace of *folder* at the head of the default branch.

    Raises:
        Unreadable: no repository, no such branch, no configuration where one is needed.
        Misconfigured: the configuration has errors; all of them are kept.
    """
    repository = Repository(folder)
    name = branch or repository.default_branch()
    commit = repository.commit(f"refs/heads/{name}" if branch is None else name)
    return read_workspace(repository, name, commit, needs_config=needs_config)


def read_workspace(repository: Repository, branch: str, commit: str, *, needs_config: bool = True) -> Workspace:
    """Return the workspace of a repository at a commit of *branch*.

    Raises:
        Unreadable, Misconfigured: see `open_workspace`.
    """
    configured, bare = configure(repository, commit, needs_config=needs_config)
    return Workspace(repository, branch, commit, configured, bare)


def configure(repository: Repository, commit: str, *, needs_config: bool = True) -> tuple[Configured, bool]:
    """Return the configuration at *commit*, and whether there is no file of it.

    Raises:
        Unreadable, Misconfigured: see `open_workspace`.
    """
    blob = repository.read(commit, [PATH]).get(PATH)
    if blob is None and needs_config:
        raise _unconfigured(repository, commit)
    configured = read(decode(blob, PATH) if blob is not None else _FALLBACK)
    smokes = configured.config.smokes
    if isinstance(smokes, tuple):
        files = select(repository.paths(commit), smokes)
        for path, content in repository.read(commit, files).items():
            read_smokes(configured, decode(content, path), path)
    return configured, blob is None


def _unconfigured(repository: Repository, commit: str) -> Unreadable:
    """Return what to do where no configuration stands at *commit*."""
    near = next((name for name in (PATH, f"{PATH[:-4]}.yaml") if (repository.folder / name).is_file()), None)
    mend = "Write it and land it; `discharge schema` prints every key, and the README of discharge shows the smallest"
    if near:
        rename = "" if near == PATH else f", as {PATH}"
        mend = f"{near} stands in the work tree: commit it to the default branch{rename}"
    return Unreadable(f"there is no {PATH} at {commit[:9]}", mend=mend)


def demand_agreement(workspace: Workspace) -> None:
    """Refuse to act on a configuration that disagrees with the repository.

    Raises:
        Unreadable: the contract of a smoke cannot be read.
        Misconfigured: a path that matches nothing, a falsifier that does not exist, and so on.
    """
    for smoke in workspace.configured.smokes.values():
        document = workspace.documents.get(smoke.contract)
        if isinstance(document, Unreadable):
            raise document
    ids = {c.path: tuple(f.id.text for f in c.falsifiers) for c in workspace.contracts}
    findings = check(workspace.configured, workspace.paths, ids)
    if findings:
        raise Misconfigured(findings)


def decode(content: bytes, path: str) -> str:
    """Return the text of a file.

    Raises:
        Unreadable: it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("this is not UTF-8", Place(path, line), "Save the file as UTF-8") from None


def _try_read(path: str, content: bytes) -> Document | Unreadable:
    try:
        return read_contract(decode(content, path), path)
    except Unreadable as error:
        return error
