"""The drifts: one cross-reference of a real document broken at a time, the rule that finds it, and where."""

from __future__ import annotations

from dataclasses import dataclass

from tests.drift.conftest import CCPA, CONFIG, EVIDENCE, FLAGSHIP, PIN, README, SOFTMAX, SPEC


@dataclass(frozen=True)
class Drift:
    """Every *old* text of a file becomes *new*, the first time that it stands there; *rule* finds it.

    The finding stands on the line that holds *at*, in the file *seen* if that is another one. A drift without edits
    takes the file away.
    """

    name: str
    rule: str
    path: str
    at: str
    edits: tuple[tuple[str, str], ...]
    seen: str = ""


def drift(name: str, rule: str, path: str, *edits: tuple[str, str], at: str = "", seen: str = "") -> Drift:
    """Return a drift whose finding stands where its first edit does, unless *at* says otherwise."""
    return Drift(name, rule, path, at or edits[0][1].strip().split("\n")[0], edits, seen)


_PARTIAL = '  status: PARTIAL_ALGORITHM_LEVEL\n  algorithm_evidence:\n  - "Reproducer'
_BUMP = ("  version: 1.3.0\n", "  version: 1.4.0\n")
_ENTRY = ("  changelog:\n", "  changelog:\n  - '1.4.0 — 2026-05-04 — a step'\n")
_BANNER = """\
**Version:** 2.88.0
**Atomic next action (v2.88.0):** **§43 — the next step (2026-05-04)**. Coverage tally: 15+33. \
**MODEL-1 ship %**: 87% → **88%**. **MODEL-2 ship %**: unchanged at **54%**.
"""
_NEW = """\
## §43. The next step (2026-05-04)

### 43.1 What landed

| PR | What | Effect |
|----|------|--------|
| [#1438](https://github.com/paiml/aprender/pull/1438) | a gate | it closes |

### 43.2 Coverage flips

Coverage tally: **15 + 33** (unchanged).

### 43.3 Ship % effects

- **MODEL-1**: 87% → **88%** — the gate closes.

---

## §42. Hub"""


def section(*edits: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the edits that write §43, right but for *edits*."""
    text = _NEW
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return (("## §42. Hub", text), ("**Version:** 2.87.0\n", _BANNER))


DRIFTS = (
    # a contract's version and history
    drift("version back", "contract/version-back", FLAGSHIP, ("  version: 1.3.0", "  version: 1.2.9")),
    drift("version gone", "contract/version-floor", FLAGSHIP, ("  version: 1.3.0\n", ""), at="  kind: schema"),
    drift("no version", "contract/version-unreadable", SOFTMAX, ('version: "1.0.0"', 'version: "one"')),
    drift("version without entry", "contract/changelog-entry", FLAGSHIP, _BUMP, at="- '1.3.0"),
    drift(
        "entry of another version",
        "contract/changelog-wrong",
        FLAGSHIP,
        (_ENTRY[0], _ENTRY[1].replace("1.4", "1.5")),
        _BUMP,
        at="- '1.5.0",
    ),
    drift("entry ahead", "contract/changelog-ahead", FLAGSHIP, _ENTRY, at="- '1.4.0"),
    drift(
        "entry twice",
        "contract/changelog-twice",
        FLAGSHIP,
        ("- '1.2.0 — ", "- '1.3.0 — "),
        at="- '1.3.0 — 2026-05-03 — added",
    ),
    drift(
        "discharge without bump",
        "contract/version-floor",
        FLAGSHIP,
        ("  status: FUNCTIONAL", "  status: DISCHARGED"),
        at="  version: 1.3.0",
    ),
    drift(
        "falsifier away without bump",
        "contract/version-floor",
        SOFTMAX,
        ("  - id: FALSIFY-SM-003", "  - idea: FALSIFY-SM-003"),
        at='version: "1.0.0"',
    ),
    # its promises
    drift(
        "id twice",
        "contract/duplicate-id",
        FLAGSHIP,
        ("- id: FALSIFY-CPU-GPU-003", "- id: FALSIFY-CPU-GPU-002"),
        at="- id: FALSIFY-CPU-GPU-002#2",
    ),
    drift(
        "binding to nothing",
        "contract/dangling-binding",
        FLAGSHIP,
        ("  binds_to: cosine_parity", "  binds_to: cosine_parities"),
    ),
    drift(
        "equation renamed",
        "contract/dangling-binding",
        FLAGSHIP,
        ("  cosine_parity:\n", "  cosine_likeness:\n"),
        at="  binds_to: cosine_parity",
    ),
    drift(
        "obligation of no equation",
        "contract/dangling-equation",
        SOFTMAX,
        ("    applies_to: simd", "    applies_to: softmux"),
    ),
    drift(
        "check of no falsifier",
        "contract/dangling-id",
        SOFTMAX,
        ('check: "contract_tests::FALSIFY-SM-002"', 'check: "contract_tests::FALSIFY-SM-020"'),
    ),
    drift(
        "harness of no obligation",
        "contract/harness-unbound",
        SOFTMAX,
        ("    obligation: ", "    obligations: "),
        at="  - id: KANI",
    ),
    drift("harness twice", "contract/harness-twice", SOFTMAX, ("KANI-SM-002", "KANI-SM-001"), at="KANI-SM-001#2"),
    drift(
        "no prediction",
        "contract/prediction-empty",
        SOFTMAX,
        ('    prediction: "softmax(x)_i > 0 for all i"', '    prediction: ""'),
    ),
    drift(
        "no if_fails",
        "contract/if-fails-empty",
        SOFTMAX,
        ('    if_fails: "exp underflow not handled"', '    if_fails: ""'),
    ),
    drift(
        "no formula",
        "contract/formula-empty",
        SOFTMAX,
        ('    formula: "σ(x)_i = exp(x_i - max(x)) / Σ_j exp(x_j - max(x))"', '    formula: ""'),
    ),
    drift("no property", "contract/property-empty", SOFTMAX, ('    property: "Output sums to 1"', '    property: ""')),
    drift(
        "formal twice",
        "contract/formal-twice",
        SOFTMAX,
        ('formal: "σ(x)_i > 0 for all i"', 'formal: "0 < σ(x)_i < 1 for all i"'),
        at='formal: "0 < σ(x)_i < 1 for all i"#2',
    ),
    drift(
        "key twice",
        "file/unreadable",
        SOFTMAX,
        ("kernel_structure:", "verification_summary: {}\nkernel_structure:"),
        at="verification_summary: {}",
    ),
    drift("block misspelt", "contract/block-misspelt", SOFTMAX, ("proof_obligations:", "proof_obligation:")),
    drift(
        "kind at the top",
        "contract/kind-misplaced",
        SOFTMAX,
        ("equations:\n", "kind: kernel\nequations:\n"),
        at="kind: kernel",
    ),
    drift(
        "obligations miscounted",
        "contract/counter-stale",
        SOFTMAX,
        ("  total_obligations: 6", "  total_obligations: 7"),
    ),
    drift(
        "gates miscounted",
        "contract/counter-stale",
        CCPA,
        ("status: ACTIVE_RUNTIME   # 13/13 gates", "status: ACTIVE_RUNTIME   # 12/12 gates"),
    ),
    drift(
        "tests miscounted",
        "contract/counter-stale",
        SOFTMAX,
        ("All 6 falsification tests", "All 7 falsification tests"),
    ),
    # its statuses and their evidence
    drift("status misspelt", "contract/status-misspelt", FLAGSHIP, ("  status: FUNCTIONAL", "  status: FUNCTIONEL")),
    drift(
        "two statuses",
        "contract/status-contradiction",
        FLAGSHIP,
        ("  status: FUNCTIONAL\n", "  status: FUNCTIONAL\n  discharge_status: DISCHARGED\n"),
        at="discharge_status",
    ),
    drift(
        "partial by word",
        "contract/partial-without-evidence",
        SOFTMAX,
        ('    rule: "Positivity"\n', '    rule: "Positivity"\n    status: FUNCTIONAL\n'),
        at="    status: FUNCTIONAL",
    ),
    drift(
        "step without evidence",
        "contract/evidence-missing",
        FLAGSHIP,
        (_PARTIAL, _PARTIAL.replace("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL")),
        at="  status: FUNCTIONAL",
    ),
    drift(
        "discharge without receipt",
        "evidence/unwarranted",
        FLAGSHIP,
        ("  status: FUNCTIONAL\n", "  status: DISCHARGED\n"),
        at="  status: DISCHARGED",
    ),
    drift(
        "evidence misnamed",
        "contract/dangling",
        FLAGSHIP,
        ("findings-v5-gpu-path-confirmed.md'", "findings-v5-gpu-path-confirmd.md'"),
        at="confirmd",
    ),
    drift(
        "evidence away",
        "contract/dangling",
        f"{EVIDENCE}findings-v5-gpu-path-confirmed.md",
        at="findings-v5-gpu-path-confirmed.md'",
        seen=FLAGSHIP,
    ),
    drift(
        "contract misnamed",
        "contract/dangling",
        CCPA,
        ("contracts/apr-code-parity-v1.yaml", "contracts/apr-code-parity-v2.yaml"),
    ),
    drift(
        "threshold loosened",
        "contract/loosened",
        FLAGSHIP,
        ("CPU_last_token_logits) >= 0.99", "CPU_last_token_logits) >= 0.90"),
        at=">= 0.90",
    ),
    drift(
        "promise moved with its discharge",
        "contract/registered-late",
        FLAGSHIP,
        ("  status: FUNCTIONAL\n", "  status: DISCHARGED\n"),
        ("MUST NOT call cuBLASLt JIT, ", ""),
        at="  prediction: |#4",
    ),
    drift(
        "contract emptied",
        "contract/gone",
        SOFTMAX,
        ("metadata:", "meta:"),
        ("falsification_tests:", "tests:"),
        at="meta:",
    ),
    # the spec
    drift("spec version back", "spec/version-back", SPEC, ("**Version:** 2.87.0", "**Version:** 2.86.0")),
    drift("spec version gone", "spec/version-missing", SPEC, ("**Version:** 2.87.0\n", ""), at="# Specification"),
    drift(
        "spec version ahead of its banner",
        "spec/banner-version",
        SPEC,
        ("**Version:** 2.87.0", "**Version:** 2.88.0"),
        at="(v2.87.0)",
    ),
    drift("banner of another section", "spec/banner-section", SPEC, ("**§42 — hub feature", "**§41 — hub feature")),
    drift(
        "banner with another figure",
        "spec/banner-figure",
        SPEC,
        ("86% → **87%**. **MODEL-2", "86% → **89%**. **MODEL-2"),
        at="(v2.87.0)",
    ),
    drift("section twice", "spec/section-twice", SPEC, ("## §41. Visible", "## §42. Visible")),
    drift("part of another section", "spec/part-number", SPEC, ("### 42.6 Ship % effects", "### 41.6 Ship % effects")),
    drift(
        "pickup letters",
        "spec/pickup-letters",
        SPEC,
        ("(b) **MODEL-2 distill-train**", "(c) **MODEL-2 distill-train**"),
    ),
    drift("section without version", "spec/version-unmoved", SPEC, section()[0], at="**Version:** 2.87.0"),
    drift(
        "tally from elsewhere",
        "spec/tally-chain",
        SPEC,
        *section(("**15 + 33** (unchanged)", "15 + 34 → **15 + 35**")),
        at="15 + 34",
    ),
    drift(
        "tally by no flip",
        "spec/tally-follows",
        SPEC,
        *section(("**15 + 33** (unchanged)", "15 + 33 → **16 + 32**")),
        at="15 + 33 →",
    ),
    drift(
        "percentage from elsewhere",
        "spec/ship-chain",
        SPEC,
        *section(("87% → **88%**", "86% → **88%**")),
        at="86% → **88%** — the gate",
    ),
    drift("percentage out of range", "spec/ship-range", SPEC, *section(("87% → **88%**", "87% → **108%**")), at="108%"),
    drift(
        "percentage without reason",
        "spec/ship-reason",
        SPEC,
        *section((" — the gate closes", "")),
        at="- **MODEL-1**: 87%",
    ),
    drift(
        "landed twice",
        "spec/landed-twice",
        SPEC,
        *section(("[#1438]", "[#1436]"), ("pull/1438", "pull/1436")),
        at="| [#1436](https://github.com/paiml/aprender/pull/1436) | a gate",
    ),
    drift(
        "landed nowhere",
        "spec/landed-unmerged",
        SPEC,
        *section(("[#1438]", "[#1499]"), ("pull/1438", "pull/1499")),
        at="#1499",
    ),
    drift("section back", "spec/section-back", SPEC, ("## §42. Hub", "## §40. Hub"), at="## §40. Hub"),
    # what follows
    drift("badge", "follower/version", README, ("contract-v1.22.0-green", "contract-v1.21.0-green")),
    drift("digest", "follower/digest", PIN, ("contract_sha256:      12f4", "contract_sha256:      22f4")),
    drift(
        "contract without its badge",
        "follower/version",
        CCPA,
        ('version: "1.22.0"', 'version: "1.23.0"'),
        at="contract-v1.22.0-green",
        seen=README,
    ),
    drift(
        "contract without its digest",
        "follower/digest",
        CCPA,
        ("status: ACTIVE_RUNTIME ", "status: ACTIVE_RUNTIME  "),
        at="contract_sha256:  ",
        seen=PIN,
    ),
    drift(
        "badge that is none",
        "follower/unmatched",
        README,
        ("contract-v1.22.0-green", "contract-1.22.0-green"),
        at="# claude-code-parity-apr",
    ),
    # the configuration
    drift("promise of no falsifier", "config/invalid", CONFIG, ("FALSIFY-CPU-GPU-004:", "FALSIFY-CPU-GPU-040:")),
    drift(
        "spec that is not there",
        "config/invalid",
        CONFIG,
        ("docs/ship-two-models-spec.md", "docs/ship-two-model-spec.md"),
        at="docs/ship-two-model-spec.md",
    ),
    drift(
        "rule that is none",
        "config/unknown-rule",
        CONFIG,
        ("contract/version-places: notice", "contract/version-place: notice"),
    ),
    drift(
        "falsifier renamed under its smoke",
        "config/invalid",
        FLAGSHIP,
        ("- id: FALSIFY-CPU-GPU-004", "- id: FALSIFY-CPU-GPU-014"),
        at="FALSIFY-CPU-GPU-004:",
        seen=CONFIG,
    ),
)
