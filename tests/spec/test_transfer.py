"""One section that people edited, block by block: what the bot does not write any more, and whose words it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spec.marker import enclose
from tests.spec.stand import Branch, Facts, write

OLD = "### 43.9 Beside\n\n- as an older bot wrote it"


def place(branch: Branch, block: str, edited: str = "") -> None:
    """Let the bot have written *block* behind its last one, and people have made *edited* of it."""
    end = "<!-- discharge:end pickup -->"
    written = branch.text.replace(end, f"{end}\n\n{block}")
    branch.written = replace(branch.written, text=written)
    branch.text = written.replace(block, edited or block).replace(" Five Whys", " Five of them")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_block_that_the_bot_does_not_write_any_more_goes(newline: str) -> None:
    """It was the bot's alone; nothing is left of it, no blank line either, and people's words elsewhere stay."""
    facts = Facts(landed=4)
    branch = Branch()
    place(branch, enclose("beside", OLD))
    branch.text = branch.text.replace("\n", newline)

    merged = branch.refresh(facts)

    plain = merged.text.replace("\r\n", "\n")
    assert "beside" not in merged.text
    assert plain.replace(" Five of them", " Five Whys").count("\n") == write(facts)[0].count("\n")
    assert " Five of them" in plain


def test_people_keep_such_a_block_that_they_edited() -> None:
    """Their words are in it: it stands as it is."""
    branch = Branch()
    block = enclose("beside", OLD)
    edited = block.replace("an older bot", "the older bot of ours")
    place(branch, block, edited)

    assert edited in branch.refresh(Facts(landed=4)).text
