"""Edits as values: what a contract's text is asked to become."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlipStatus:
    """The falsifier of this id gets the status *after*."""

    falsifier: str
    after: str


@dataclass(frozen=True, slots=True)
class AppendEvidence:
    """One line joins the falsifier's last list of evidence; line breaks in it become blanks."""

    falsifier: str
    line: str


@dataclass(frozen=True, slots=True)
class AddEntry:
    """One entry joins the changelog, in its own form; *date* is `YYYY-MM-DD`.

    Where the history states moves (`from`, `to`), the move is from the version that the text
    states to *version*, and the contract's status stays.
    """

    version: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class BumpVersion:
    """The contract's version becomes *after*, in each place that states the present one."""

    after: str


Edit = FlipStatus | AppendEvidence | AddEntry | BumpVersion
