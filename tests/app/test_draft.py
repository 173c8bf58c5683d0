"""A first smoke from a contract's own words: always a configuration, never a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import read
from app.draft import propose
from app.selection import Chosen, select
from contracts.document import read as read_contract
from contracts.error import Complaint, Unreadable
from contracts.model import Contract, Falsifier, FalsifierId
from evidence.model import Contains, Exit, Never, Prediction
from tests.app.stage import CONTRACT, CONTRACT_PATH, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from runners.smoke import Smoke
    from tests.app.conftest import Repo

HEAD = 'version: 1\ncontracts: ["**"]\n'


def draft(test: str, prediction: str = "", id_: str = "FALSIFY-X-001") -> Smoke:
    """Return the smoke that is proposed for one falsifier, as the configuration reads it."""
    falsifier = Falsifier(FalsifierId(id_), None, prediction=prediction, test=test)
    contract = Contract("contracts/x-v1.yaml", "1.0.0", None, (falsifier,))
    return next(iter(read(HEAD + propose([Chosen(contract, falsifier)])).smokes.values()))


@pytest.mark.parametrize(
    ("test", "argv"),
    [
        (
            "apr run <model> --prompt 'What is 2+2?' 2>&1 | grep x",
            ("{binary}", "run", "{model}", "--prompt", "What is 2+2?"),
        ),
        ("apr run --max-tokens 12 --greedy > out.txt", ("{binary}", "run", "--max-tokens", "12", "--greedy")),
        ("./speak --to world AND listen", ("{binary}", "--to", "world")),
        ("apr run \\\n  --no-gpu model.apr\n\nSHOULD print four", ("{binary}", "run", "--no-gpu", "model.apr")),
        ("apr run --json '{\"a\": 1}'", ("{binary}", "run", "--json", '{{"a": 1}}')),
        ("Listen carefully to what is said.", ("{binary}",)),
        ("it's -- unbalanced", ("{binary}",)),
        ("", ("{binary}",)),
    ],
)
def test_the_command_line_is_taken_from_the_words_of_the_test(test: str, argv: tuple[str, ...]) -> None:
    """Up to a pipe, a redirection or a sentence; prose is no command."""
    assert draft(test).legs[0].argv == argv


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ("It prints `2 + 2 equals 4.` at the end.", [Contains("default", ("2 + 2 equals 4.",))]),
        ("It never prints `warning:`.", [Never("default", ("warning:",))]),
        (
            'The log has "Backend: wgpu". It has no "Backend: CPU".',
            [Contains("default", ("Backend: wgpu",)), Never("default", ("Backend: CPU",))],
        ),
        (
            "Its log has NEITHER `[a]`, `[b]` NOR `[c]`,\nand its output is `four`.",
            [
                Never("default", ("[a]",)),
                Never("default", ("[b]",)),
                Never("default", ("[c]",)),
                Contains("default", ("four",)),
            ],
        ),
        ("`--no-gpu` is given and `apr run` ends", [Exit("default", 0)]),
        ("`  `", [Exit("default", 0)]),
        ("something good happens", [Exit("default", 0)]),
    ],
)
def test_literals_become_predictions(prediction: str, expected: list[Prediction]) -> None:
    """What a sentence denies must never be seen; options and the command itself are no observations."""
    smoke = draft("apr run --x", prediction)

    assert list(smoke.promises[0].predictions) == expected


def test_what_the_words_leave_open_is_left_for_a_person_to_fill_in() -> None:
    """The program and the files have places with paths that cannot be right."""
    smoke = draft("apr run <model.gguf> --out <out> --with <tokens>")

    assert smoke.binary == "PATH/OF/THE/PROGRAM"
    assert [(need.name, need.path) for need in smoke.needs] == [
        ("model_gguf", "PATH/OF/IT"),
        ("tokens", "PATH/OF/IT"),
    ]


def test_falsifiers_with_one_command_line_share_a_leg(repo: Repo) -> None:
    """Whoever runs it twice learns nothing new; the command line prints what the function returns."""
    stage = Stage(repo)
    contract = CONTRACT.replace("'./speak.sh world'", "./speak.sh --to world").replace(
        "test: listen", "test: ./speak.sh --no-gpu"
    )
    stage.set({CONTRACT_PATH: contract})

    said = stage.ask("draft", "all")

    assert said.status == 0
    assert said.out == (
        "# A proposal, made of words: read every line, correct it, and land it before the commit that it shall judge.\n"
        "smokes:\n"
        "  speak:\n"
        "    contract: contracts/speak-v1.yaml\n"
        "    subject: {binary: PATH/OF/THE/PROGRAM}\n"
        "    legs:\n"
        '      default: ["{binary}", "--to", "world"]\n'
        '      no-gpu: ["{binary}", "--no-gpu"]\n'
        "    predictions:\n"
        "      FALSIFY-SPEAK-001:\n"
        '        - {leg: default, contains: ["hello, world"]}\n'
        "      FALSIFY-SPEAK-002:\n"
        '        - {leg: default, never: ["warning:"]}\n'
        "      FALSIFY-SPEAK-003:\n"
        "        # nothing in backticks or quotes to look for: say here what must be seen\n"
        "        - {leg: no-gpu, exit: 0}\n"
    )


def test_a_draft_is_for_one_contract(repo: Repo) -> None:
    """A smoke names one contract."""
    stage = Stage(repo)
    stage.set({"contracts/sing-v1.yaml": CONTRACT.replace("SPEAK", "SING")})

    assert stage.refuse("draft", "speak-001", "sing-001") == (
        "these falsifiers belong to 2 contracts. Draft one contract at a time."
    )


TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [
            "apr",
            " run ",
            "--x ",
            "<model>",
            "{",
            "}",
            "`",
            '"',
            "'",
            "\\",
            " 2>&1",
            "|",
            "\n",
            "never ",
            ". ",
            "é",
            "\u2028",
        ]
    ),
    max_size=14,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(TEXTS, TEXTS, st.text(min_size=1, max_size=20) | st.just("FALSIFY-X-001"))
def test_whatever_a_contract_says_the_proposal_is_a_configuration(test: str, prediction: str, id_: str) -> None:
    """Words of a contract are untrusted: they cannot break out of their quotes."""
    smoke = draft(test, prediction, id_)

    assert smoke.promises[0].falsifier == id_
    assert smoke.contract == "contracts/x-v1.yaml"


def test_every_contract_of_the_corpus_gets_a_proposal_that_can_be_read(corpus: Path) -> None:
    """Ninety-six real contracts; nobody here wrote their words."""
    count = 0
    for path in sorted(corpus.rglob("*.yaml")):
        try:
            contract = read_contract(path.read_text(encoding="utf-8"), f"contracts/{path.name}").contract
        except Unreadable:
            continue
        if contract and contract.falsifiers:
            proposal = propose(select(["all"], [contract]))
            smoke = next(iter(read(HEAD + proposal).smokes.values()))
            assert {p.falsifier for p in smoke.promises} == {f.id.text for f in contract.falsifiers}
            count += 1

    assert count == 96


def test_a_draft_names_what_it_could_not_find(repo: Repo) -> None:
    """A misspelt id is answered as everywhere else."""
    stage = Stage(repo)
    stage.set()

    assert "Perhaps you mean SPEAK-00" in stage.refuse("draft", "speak-009")
    with pytest.raises(Complaint):
        select(["nothing"], [])
