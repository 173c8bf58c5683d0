"""What a leg did, without secrets and colours."""

from __future__ import annotations

from evidence.model import Absent, Observation
from evidence.redact import clean

TOKEN = "ghp_" + "a1B2" * 9


def test_every_text_of_a_leg_is_cleaned() -> None:
    """A secret that a colour cuts in two, a word that a colour hides, a reason that names a machine."""
    seen = Observation(
        "a", ("x",), f"{TOKEN[:9]}\x1b[1m{TOKEN[9:]}", "war\x1b[31mning", "on box", 0, 1.0, failure=TOKEN
    )

    found = clean(seen, ["box"])

    assert found == Observation(
        "a",
        ("x",),
        "[redacted: github token]",
        "warning",
        "on [redacted: host]",
        0,
        1.0,
        failure="[redacted: github token]",
    )
    assert clean(Absent("a", f"no {TOKEN}")) == Absent("a", "no [redacted: github token]")
