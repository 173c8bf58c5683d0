"""What names on GitHub look like: patterns for what becomes a folder, a part of a URL, or an argument."""

from __future__ import annotations

import re

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
"""`owner/name`."""
LOGIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.\[\]-]{0,99}")
"""A person's login, or an app's with `[bot]`."""
RUN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""The name of a run."""
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""The hash of a commit."""
BRANCH = re.compile(
    r"(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|\Z)))(?![./])[^\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]{1,255}(?<![./])",
)
"""A branch's name, as `git check-ref-format` allows it."""
REF = re.compile(f"refs/heads/{BRANCH.pattern}")
"""A branch's full name."""
DATE = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?"
    r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
"""A date and time, with its offset."""
