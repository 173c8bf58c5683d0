"""What is asked of a contract's outline: its blocks are called by their names, and its kind stands in the metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.correction import rewrite
from contracts.error import Place
from contracts.node import Mapping
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.node import Scalar
    from contracts.revision import Revision

BLOCKS = (
    "metadata",
    "equations",
    "proof_obligations",
    "falsification_tests",
    "kani_harnesses",
    "qa_gate",
    "kernel_structure",
    "simd_dispatch",
    "enforcement",
    "verification_summary",
)
"""The blocks at the top of a contract that tools read."""
_SEPARATOR = re.compile(r"[-_ .]+")


def _simplify(name: str) -> str:
    """Return a name without case, separators and plural, as a reader hears it."""
    return _SEPARATOR.sub("", name.lower()).removesuffix("s")


_HEARD = {_simplify(block): block for block in BLOCKS}
_LONGEST = 40
"""How many characters a name may have that is one of these."""


def _keys(revision: Revision) -> dict[str, Scalar]:
    root = revision.after.root
    return root.keys if isinstance(root, Mapping) else {}


def _kind(revision: Revision) -> Iterator[Fault]:
    """The kind of a contract stands in its metadata.

    At the top of the file no tool looks for it, and the contract is then taken for a kernel's. Move the line below
    `metadata`. (pv: SCHEMA-018)
    """
    if "kind" in _keys(revision):
        said = "`kind` stands at the top, where nobody reads it: move it below `metadata`"
        key = _keys(revision)["kind"]
        yield Fault(Place(revision.after.file, key.line, key.column), said)


def _misspelt(revision: Revision) -> Iterator[Fault]:
    """A block is written as tools read it.

    `equation`, `Proof_Obligations` and `qa-gate` are read by nobody, and what stands in them is promised to nobody.
    (pv: SCHEMA-019)
    """
    document = revision.after
    for name, key in _keys(revision).items():
        block = _HEARD.get(_simplify(name[:_LONGEST]))
        if block is not None and name != block:
            line = rewrite(document, key.start, key.end, block)
            said = f"the block “{name[:_LONGEST]}” is read by nobody: it is written `{block}`"
            yield Fault(Place(document.file, key.line, key.column), said, line)


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/kind-misplaced", "error", _kind, standing=True),
    Rule("contract/block-misspelt", "error", _misspelt, standing=True),
)
