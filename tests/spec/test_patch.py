"""Unified diffs, as git writes them and as strangers might."""

from __future__ import annotations

import subprocess
from time import perf_counter
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from spec.patch import Patched, overlap, read_patch

if TYPE_CHECKING:
    from pathlib import Path

DIFF = """\
diff --git a/src/my file.rs b/src/my file.rs
index 1..2 100644
--- a/src/my file.rs\t
+++ b/src/my file.rs\t
@@ -3,2 +3 @@ fn main() {
--- a/not/a/header
-diff --git a/x b/x
++++ b/not/a/header
@@ -9,0 +9,2 @@
+one
+two
\\ No newline at end of file
diff --git a/old.rs b/new.rs
similarity index 90%
rename from old.rs
rename to new.rs
--- a/old.rs
+++ b/new.rs
@@ -1 +1 @@
-a
\\ No newline at end of file
+b
diff --git "a/f\\303\\251\\t\\"q\\".txt" "b/f\\303\\251\\t\\"q\\".txt"
new file mode 100644
--- /dev/null
+++ "b/f\\303\\251\\t\\"q\\".txt"
@@ -0,0 +1 @@
+x
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-x
-y
diff --git a/a b.png b/a b.png
index 1..2 100644
Binary files a/a b.png and b/a b.png differ
diff --git "a/\\303\\251" "b/\\303\\251"
old mode 100644
new mode 100755
"""


def test_every_header() -> None:
    """Names with spaces, quotes and renames are read, and changed lines that look like headers are lines."""
    assert read_patch(DIFF) == (
        Patched("src/my file.rs", "src/my file.rs", (range(3, 4), range(9, 11)), (range(3, 5),)),
        Patched("new.rs", "old.rs", (range(1, 2),), (range(1, 2),)),
        Patched('fé\t"q".txt', 'fé\t"q".txt', (range(1, 2),)),
        Patched("gone.txt", "gone.txt", (), (range(1, 3),)),
        Patched("a b.png", "a b.png", binary=True),
        Patched("é", "é"),
    )
    assert read_patch(DIFF)[0].counts == (3, 2)


def test_context_is_no_change() -> None:
    """With context lines the numbers still are those of the changed lines."""
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,4 +1,5 @@\n a\n-b\n+B\n+C\n\n d\n"

    assert read_patch(patch) == (Patched("x", "x", (range(2, 4),), (range(2, 3),)),)


def test_combined_diff_is_left_out() -> None:
    """A merge's combined diff has no two sides to count."""
    patch = "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n"

    assert read_patch(patch) == ()
    assert read_patch("") == ()


def test_overlap() -> None:
    """Lines are counted that lie in both, across ranges that do not align."""
    changed = (range(1, 4), range(6, 9), range(20, 21))

    assert overlap(changed, (range(3, 7), range(8, 30))) == 4
    assert overlap(changed, (range(2, 3), range(3, 4), range(7, 8))) == 3
    assert overlap(changed, ()) == 0


@settings(deadline=None, max_examples=100)
@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_overlap_is_intersection(one: set[int], two: set[int]) -> None:
    """The overlap is the size of the intersection."""
    ranges = [tuple(range(n, n + 1) for n in sorted(lines)) for lines in (one, two)]

    assert overlap(*ranges) == len(one & two)


ODD = ("@@ -9999999,99 +1,5 @@", "", "-", "+", '+++ "b/\\', '+++ "b/\ud800"')


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from([*DIFF.splitlines(), *ODD]), max_size=30),
)
def test_shuffled_diffs_never_raise(lines: list[str]) -> None:
    """Any order of lines is read as something, and never counts more lines than there are."""
    patched = read_patch("\n".join(lines))

    assert sum(sum(file.counts) for file in patched) <= len(lines)


def test_git_agrees(tmp_path: Path) -> None:
    """What git itself says of a change is what is read."""
    names = ["plain.rs", "with space.rs", 'quote".rs', "é\t.rs", "- dash.rs"]
    _git(tmp_path, "init", "-q")
    for name in names:
        (tmp_path / name).write_text("".join(f"line {n}\n" for n in range(20)))
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "one")
    for name in names:
        lines = [f"line {n}\n" for n in range(20)]
        lines[4:6] = ["--- a/x\n", "+++ b/x\n", "new\n"]
        (tmp_path / name).write_text("".join(lines) + "end")
    patch = _git(tmp_path, "diff", "-U0", "--no-color", "HEAD")

    patched = {file.path: file for file in read_patch(patch)}
    assert set(patched) == set(names)
    for file in patched.values():
        assert (file.added, file.removed) == ((range(5, 8), range(22, 23)), (range(5, 7),))


def _git(folder: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_long_patch_is_quick() -> None:
    """A megabyte of changed lines is read at once, however it is cut into hunks."""
    body = "".join(f"@@ -{n} +{n} @@\n-a\n+b\n" for n in range(1, 80_000, 2))
    began = perf_counter()
    (file,) = read_patch("diff --git a/x b/x\n--- a/x\n+++ b/x\n" + body)

    assert file.counts == (40_000, 40_000)
    assert perf_counter() - began < 30  # it does not hang; times are for make bench
