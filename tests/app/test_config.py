"""`.github/discharge.yml`: what it may say, and a place for everything that is wrong about it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import Configured, Misconfigured, check, read, read_smokes
from contracts.document import read as read_yaml
from contracts.error import Unreadable
from contracts.model import Part
from evidence.model import Capture, Contains, Count, Exit, InOrder, Never, Only, Output, Parity, SameOutput, Within

if TYPE_CHECKING:
    from contracts.finding import Finding

FULL = r"""
version: 1
contracts: ["contracts/**/*.yaml"]
specs:
  - name: ship-two-models
    path: docs/spec.md
    cadence: {landed: 3, landmarks: [discharge]}
    records: ["contracts/apr-*.yaml"]
    followers:
      - {path: README.md, pattern: 'contract-v(?P<version>\d+\.\d+\.\d+)-', of: contracts/x-v1.yaml}
tally: {discharged: [DISCHARGED], partial: [PARTIAL_ALGORITHM_LEVEL, FUNCTIONAL]}
models:
  MODEL-1: {ship: declared}
  MODEL-2: {ship: {weights: {DISCHARGED: 1, FUNCTIONAL: 0.75}, contracts: ["contracts/apr-*.yaml"]}}
smokes:
  cpu-gpu:
    contract: contracts/apr-v1.yaml
    when: {paths: ["crates/**"]}
    runner: {labels: [self-hosted, gpu], engine: actions}
    timeout: 15m
    repeat: 2
    build: [[cargo, build, --release]]
    subject: {binary: target/release/apr}
    extract: 'Output:\n(?P<output>.*?)\n\nCompleted'
    needs: {model: {path: /models/qwen.apr, sha256: abababababababababababababababababababababababababababababababab}}
    env: {SKIP_PARITY_GATE: null, MODE: fast}
    legs:
      default: ["{binary}", run, "{model}", --json, "{{}}"]
      no-gpu: ["{binary}", run, "{model}", --no-gpu]
    device: {leg: default, pattern: 'Backend: (wgpu|CUDA)'}
    predictions:
      FALSIFY-X-001:
        - {leg: default, exit: 0}
        - {leg: default, output: four}
        - {leg: default, contains: four}
        - {leg: default, never: ["[a]", "[b]"]}
        - {leg: default, only: ["[c]"]}
        - {leg: default, count: 2, text: four}
        - {leg: default, in_order: [a, b]}
        - {leg: default, capture: 'cosine = (-?[\d.]+)', between: [0, 1.5]}
        - {same_output: [default, no-gpu]}
        - {leg: default, within: 90s}
        - {leg: default, within: {ratio: 1.5, of: no-gpu}}
        - {leg: default, parity: {reference: no-gpu, worst_cosine: 0.999, worst_kl: 1e-4}}
      FALSIFY-X-002:
        holds: if_fails
        all: [{leg: default, capture: 'cosine = (-?[\d.]+)', below: 0.98}]
policy: {discharge: minor, falsifier_added: minor, partial: none, wording: none, loosened: major}
evidence: {accept: [app, terminal]}
redact: {hosts: [workstation], folders: [/home/somebody]}
validate: [pv, validate, "{contract}"]
keys: ["ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
automatic: {on_merge: true, preauthorised: [cpu-gpu]}
pull_requests: {auto_merge: squash, labels: [discharge]}
release: {tags: false, releases: false}
commands: {discharge: write, amend: maintain, ship: admin}
budget: {gpu_minutes_per_day: 120, queue_watchdog: 20m}
"""
PATHS = ("contracts/apr-v1.yaml", "contracts/x-v1.yaml", "docs/spec.md", "README.md", "crates/a.rs")
KNOWN = {"contracts/apr-v1.yaml": ("FALSIFY-X-001", "FALSIFY-X-002")}
SMOKE = """
version: 1
contracts: ["c.yaml"]
smokes:
  s:
    contract: c.yaml
    legs: {one: [program]}
    predictions: {A-1: [{leg: one, exit: 0}]}
"""


def refused(text: str) -> list[str]:
    """Return what is said of a configuration that is none: `line:column: sentence`."""
    with pytest.raises(Misconfigured) as caught:
        read(text)
    return tell(caught.value.findings)


def tell(findings: tuple[Finding, ...] | list[Finding]) -> list[str]:
    """Return findings as `line:column: sentence`."""
    return [f"{f.place.line}:{f.place.column}: {f.message}" for f in findings]


def changed(old: str, new: str, text: str = SMOKE) -> str:
    """Return *text* with one thing changed that really stands in it."""
    assert old in text
    return text.replace(old, new, 1)


def test_every_key_of_the_design_is_understood() -> None:
    """The whole file, every kind of prediction, and the smoke as the runners read it."""
    configured = read(FULL)
    smoke = configured.smokes["cpu-gpu"]

    assert [leg.name for leg in smoke.legs] == ["default", "no-gpu"]
    assert (smoke.timeout, smoke.repeat, smoke.binary) == (900.0, 2, "target/release/apr")
    assert smoke.env == (("SKIP_PARITY_GATE", None), ("MODE", "fast"))
    one, two = smoke.promises
    assert two.holds == "if_fails"
    assert one.predictions == (
        Exit("default", 0),
        Output("default", "four"),
        Contains("default", ("four",)),
        Never("default", ("[a]", "[b]")),
        Only("default", ("[c]",)),
        Count("default", "four", 2),
        InOrder("default", ("a", "b")),
        Capture("default", r"cosine = (-?[\d.]+)", between=(0.0, 1.5)),
        SameOutput(("default", "no-gpu")),
        Within("default", seconds=90.0),
        Within("default", ratio=1.5, of="no-gpu"),
        Parity("default", "no-gpu", "strict", "cuda", 0.999, 1e-4),
    )
    assert configured.config.floor.asks("loosened") is Part.MAJOR
    assert configured.config.ladder.steps == ("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL", "DISCHARGED")


def test_lower_precision_is_never_judged_alone() -> None:
    """A small structural bug hides in the noise of bfloat16: the strict tier is asked for, too, once in a smoke."""
    two = changed("one: [program]", "one: [program], two: [program]")
    alone = changed("exit: 0", "parity: {reference: two, tier: bfloat16}", two)

    assert ["cannot tell a wrong kernel from few digits" in one for one in refused(alone)] == [True]
    read(changed("}]", "}, {leg: one, parity: {reference: two}}]", alone))


def test_two_keys_are_enough() -> None:
    """Everything else has a default that does the least."""
    config = read('version: 1\ncontracts: ["c/*.yaml"]\n').config

    assert (config.smokes, config.specs, config.validate_) == ({}, (), None)
    assert config.evidence.accept == ("app",)
    assert config.automatic.on_merge is False


def _bear(reason: str, until: str) -> str:
    """Return a suppression before the smokes."""
    return f"rules: {{suppress: [{{rule: r, path: a, reason: {reason}, until: {until}}}]}}\nsmokes:"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1\n", "version: 1\nsmoke: x\n", "3:8: smoke: unknown key “smoke”; `discharge schema` prints every"),
        ("version: 1\n", "", "2:1: “version” is missing"),
        ("version: 1\n", "version: 2\n", "2:10: version: Input should be 1"),
        ('["c.yaml"]', "c.yaml", "3:12: contracts: a list is wanted here"),
        ('["c.yaml"]', "[]", "3:12: contracts: at least one is wanted here"),
        ('["c.yaml"]', '["c/[z-a]"]', "3:13: contracts.0: “c/[z-a]” is no path pattern. Write it with *, ?, [a-z]"),
        ("[program]", "[program, 8]", "7:27: smokes.s.legs.one.1: a text is wanted here; put it in quotes"),
        ("[program]", "[]", "7:17: smokes.s.legs.one: at least one is wanted here"),
        ("[program]", '["{binary}"]', "7:18: smokes.s.legs.one.0: {binary} is no placeholder in the argument"),
        ("[program]", '["{out!r}"]', "7:18: smokes.s.legs.one.0: {out!r} is no placeholder in the argument"),
        ("[program]", '["{"]', "7:18: smokes.s.legs.one.0: a brace stands alone in the argument"),
        ("one: [program]", "../one: [program]", "String should match pattern"),
        ("exit: 0", "exit: 0, output: x", "8:25: smokes.s.predictions.A-1.0: a prediction names exactly one of exit,"),
        ("exit: 0", "exit: zero", "8:42: smokes.s.predictions.A-1.0.exit: Input should be a valid integer"),
        ("exit: 0", "contain: x", "unknown key “contain”"),
        ("{leg: one, exit: 0}", "{exit: 0}", "every other prediction names one leg"),
        ("{leg: one, exit: 0}", "{leg: two, exit: 0}", "8:24: smokes.s.predictions.A-1: “two” is no leg of this smoke"),
        ("exit: 0", "capture: x", "a capture names exactly one of equals, below, at_least, between"),
        ("exit: 0", "capture: '(a', equals: b", "8:45: smokes.s.predictions.A-1.0.capture: “(a” is no pattern"),
        ("exit: 0", r"capture: '(a)\1', equals: b", "RE2 has no look-ahead, no look-behind and no back-references"),
        ("exit: 0", "count: 0", "count needs the text that is counted"),
        ("exit: 0", "parity: {reference: two}", "8:24: smokes.s.predictions.A-1: “two” is no leg of this smoke"),
        ("exit: 0", "parity: {reference: one}", "8:24: smokes.s.predictions.A-1: a leg always agrees with itself"),
        (
            "exit: 0",
            "parity: {reference: one, tier: exact}",
            "parity.tier: Input should be 'strict', 'tf32', 'float16'",
        ),
        ("exit: 0", "parity: {reference: one, worst_cosine: 2}", "parity.worst_cosine: Input should be less than"),
        (
            "A-1: [{leg: one, exit: 0}]",
            "A-1: {hold: x, all: [{leg: one, exit: 0}]}",
            "8:31: smokes.s.predictions.A-1.hold: unknown key",
        ),
        ("contract: c.yaml", "contract: c.yaml\n    timeout: soon", "7:14: smokes.s.timeout: “soon” is no duration"),
        ("contract: c.yaml", "contract: c.yaml\n    repeat: 0", "7:13: smokes.s.repeat: Input should be greater than"),
        ("contract: c.yaml", "contract: c.yaml\n    device: {leg: x, pattern: y}", "“x” is no leg of this smoke"),
        ("contract: c.yaml", "contract: c.yaml\n    extract: '*'", "7:14: smokes.s.extract: “*” is no pattern"),
        (
            "contract: c.yaml",
            "contract: c.yaml\n    subject: {binary: ../x}",
            "7:23: smokes.s.subject.binary: ../x lies",
        ),
        ("contract: c.yaml", "contract: c.yaml\n    subject: {binary: /bin/sh}", "lies outside the repository"),
        ("contract: c.yaml", "contract: c.yaml\n    subject: {binary: a/../../x}", "lies outside the repository"),
        ("contract: c.yaml", "contract: c.yaml\n    needs: {out: {path: x}}", "{out} has a meaning of its own"),
        ("smokes:", "validate: []\nsmokes:", "4:11: validate: at least one is wanted here"),
        ("smokes:", 'validate: [pv, "{contrakt}"]\nsmokes:', "4:16: validate.1: {contrakt} is no placeholder"),
        ("smokes:", "tally: {discharged: []}\nsmokes:", "4:21: tally.discharged: at least one is wanted here"),
        ("smokes:", "tally: {discharged: [done]}\nsmokes:", "4:22: tally.discharged.0: String should match pattern"),
        ("smokes:", "keys: [rsa]\nsmokes:", "4:8: keys.0: String should match pattern"),
        (
            "smokes:",
            _bear("old", "2027-01-31"),
            "4:47: rules.suppress.0.reason: write a reason of at least 10 characters",
        ),
        ("smokes:", _bear("o" * 401, "2027-01-31"), "reason: write a reason of at most 400 characters"),
        ("smokes:", _bear("it moved away", "soon"), "4:69: rules.suppress.0.until: write a day like 2027-01-31"),
        ("smokes:", _bear("it moved away", "2027-02-31"), "4:69: rules.suppress.0.until: write a day like 2027-01-31"),
        ("smokes:", _bear("it moved away", "'20270131'"), "4:69: rules.suppress.0.until: write a day like 2027-01-31"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, said: str) -> None:
    """One mistake is one finding: line, column, the path of the value, and what to do."""
    told = refused(changed(old, new))

    assert len(told) == 1
    assert said in told[0]


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    """A person mends a file in one go."""
    text = changed("exit: 0", "exit: zero", changed("[program]", "[]", changed("version: 1", "version: one")))

    assert [line.partition(":")[0] for line in refused(text)] == ["2", "7", "8"]


def test_twenty_thousand_mistakes_are_told_in_no_time() -> None:
    """A hostile file cannot make the telling long."""
    assert len(refused(f"version: 1\ncontracts: [{'1,' * 20_000}]\n")) == 100


@pytest.mark.parametrize("text", ["", "# nothing\n", "- 1\n", "just words\n"])
def test_a_file_that_is_no_mapping_has_a_line_all_the_same(text: str) -> None:
    """Also an empty one."""
    assert refused(text) == ["1:1: the file must be a mapping of keys and values"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 30_000, "1:65: values are nested more than 64 deep"),
        ("version: 1\nversion: 1\n", "2:1: the key “version” stands twice"),
        ("version: &v 1\ncontracts: *v\n", "1:10: the anchor &v is set"),
        ("version: 'one\n", "this is no YAML"),
        ("version: !!python/object:os.system x\n", "1:10: the tag"),
        ("x: " + "y" * (5 << 20), "characters, and at most"),
    ],
)
def test_a_text_outside_the_bounds_is_refused_before_anything_is_built(text: str, said: str) -> None:
    """Depth, doubled keys, aliases, tags, size."""
    with pytest.raises(Unreadable, match=re.escape(said)):
        read(text)


def test_a_file_of_smokes_has_places_of_its_own() -> None:
    """A mistake in a file beside the contracts is told with that file's name."""
    configured = read('version: 1\ncontracts: ["c.yaml"]\nsmokes: ["*.smoke.yml"]\n')

    with pytest.raises(Misconfigured, match=r"a\.smoke\.yml:1:18: smokes\.s: “contract” is missing|a\.smoke\.yml:1:13"):
        read_smokes(configured, "smokes: {s: {legs: {one: [x]}, predictions: {}}}", "a.smoke.yml")
    read_smokes(configured, "smokes: {s: {contract: c.yaml, legs: {one: [x]}, predictions: {}}}", "a.smoke.yml")
    with pytest.raises(Misconfigured, match=r"b\.smoke\.yml:1:13: smokes\.s: a smoke of this name was read already"):
        read_smokes(configured, "smokes: {s: {contract: c.yaml, legs: {one: [x]}, predictions: {}}}", "b.smoke.yml")


def test_a_configuration_that_agrees_with_the_repository_is_silent() -> None:
    """Everything that the whole file names exists."""
    assert check(read(FULL), PATHS, KNOWN) == []


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("docs/spec.md", "6:11: specs.0.path: docs/spec.md does not exist"),
        ("README.md", "10:16: specs.0.followers.0.path: README.md does not exist"),
        ("contracts/x-v1.yaml", "10:81: specs.0.followers.0.of: contracts/x-v1.yaml does not exist"),
        ("crates/a.rs", "18:20: smokes.cpu-gpu.when.paths.0: crates/** matches no file"),
    ],
)
def test_a_path_that_is_not_there_is_an_error_with_its_place(gone: str, said: str) -> None:
    """What a configuration names must exist: a typo would silently switch something off."""
    assert tell(check(read(FULL), [p for p in PATHS if p != gone], KNOWN)) == [said]


def test_a_pattern_that_matches_nothing_is_an_error_wherever_it_stands() -> None:
    """Contracts, records, models, and files of smokes."""
    gone = [p for p in PATHS if p != "contracts/apr-v1.yaml"]

    assert [line.partition(" ")[2] for line in tell(check(read(FULL), gone, {}))] == [
        "specs.0.records.0: contracts/apr-*.yaml matches no file",
        "models.MODEL-2.ship.contracts.0: contracts/apr-*.yaml matches no file",
        "smokes.cpu-gpu.contract: contracts/apr-v1.yaml is no contract of this configuration",
    ]
    files = read('version: 1\ncontracts: ["c.yaml"]\nsmokes: ["*.smoke.yml"]\nmodels: {M: {contracts: [z.yaml]}}\n')
    assert tell(check(files, ["c.yaml"], {})) == [
        "3:10: smokes.0: *.smoke.yml matches no file",
        "4:26: models.M.contracts.0: z.yaml matches no file",
    ]


def test_a_falsifier_that_the_contract_does_not_have_is_an_error() -> None:
    """A prediction about nothing would never be judged."""
    found = check(read(FULL), PATHS, {"contracts/apr-v1.yaml": ("FALSIFY-X-001",)})

    assert [f.message for f in found] == [
        "smokes.cpu-gpu.predictions.FALSIFY-X-002: FALSIFY-X-002 is no falsifier of contracts/apr-v1.yaml"
    ]


def test_what_is_gone_needs_a_promise_that_holds_if_fails() -> None:
    """The place is that of the key; its legs are looked at like the others'."""
    promise = "A-1: [{leg: one, exit: 0}]"
    gone = "A-1: {all: [{leg: one, exit: 0}], gone: [{leg: one, contains: fine}]}"

    (said,) = refused(changed(promise, gone))
    assert said.startswith("8:59: smokes.s.predictions.A-1.gone: only a promise that holds by its if_fails branch")
    assert refused(changed(promise, gone.replace("A-1: {", "A-1: {holds: if_fails, ").replace("one, c", "two, c"))) == [
        "8:24: smokes.s.predictions.A-1: “two” is no leg of this smoke"
    ]
    read(changed(promise, gone.replace("A-1: {", "A-1: {holds: if_fails, ")))


def test_only_smokes_that_there_are_can_be_preauthorised() -> None:
    """A name that is misspelt would never run, and nobody would know."""
    configured = read(f"{SMOKE}automatic: {{nightly: true, preauthorised: [s, t]}}\n")

    assert tell(check(configured, ("c.yaml",), {"c.yaml": ("A-1",)})) == [
        "9:47: automatic.preauthorised.1: no smoke is called “t”"
    ]


def test_a_contract_that_cannot_be_read_is_not_blamed_on_the_configuration() -> None:
    """It has a complaint of its own, with its own line."""
    assert check(read(FULL), PATHS, {"contracts/apr-v1.yaml": None}) == []


def attempt(text: str) -> Configured | None:
    """Read a configuration; None if it is refused, and then every finding has a place and a sentence."""
    refusals: list[Unreadable] = []
    try:
        return read(text)
    except Unreadable as error:
        refusals.append(error)
    findings = refusals[0].findings if isinstance(refusals[0], Misconfigured) else ()
    assert all(f.message for f in findings)
    assert all(place.line >= 1 and place.file for place in (refusals[0].place, *(f.place for f in findings)))
    return None


LINES = FULL.splitlines(keepends=True)
JUNK = st.text(st.sampled_from([*"{}[]:,-&*!|>'\"#%@` \n\tx1\\é"]), max_size=6)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(FULL)), st.integers(0, 30), JUNK)
def test_a_file_with_a_slip_of_the_hand_is_read_or_refused_with_a_line(at: int, cut: int, junk: str) -> None:
    """Characters lost, characters added, anywhere."""
    attempt(FULL[:at] + junk + FULL[at + cut :])


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from(range(len(LINES))), min_size=len(LINES) - 3, max_size=len(LINES), unique=True))
def test_a_file_with_lines_lost_or_moved_is_read_or_refused_with_a_line(order: list[int]) -> None:
    """As after a bad merge."""
    attempt("".join(LINES[n] for n in order))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["1m", "(", "{x}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a tree."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deep for key, one in inner for deep in every_path(one, (*path, key)))]


DATA = read_yaml(FULL).data
EVERY = every_path(DATA)[1:]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(EVERY), VALUES)
def test_any_value_in_any_place_is_taken_or_refused_with_a_line(path: tuple[str | int, ...], value: Any) -> None:
    """A wrong type is never an error of the program itself."""
    data = json.loads(json.dumps(DATA))
    owner = data
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value

    configured = attempt(json.dumps(data))

    if configured:
        check(configured, PATHS, KNOWN)
