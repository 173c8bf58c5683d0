"""A contract with five promises, its smoke with two legs, and the program: for stories in which several are kept."""

from __future__ import annotations

from tests.story.stage import WAIT

PATH = "contracts/voice-v1.yaml"
PROGRAM_PATH = "voice.sh"
PROGRAM = "echo tone 1, tone 2, tone 3, tone 4, tone 5\n"
NUMBERS = range(1, 6)
_HEAD = """\
metadata:
  version: 1.3.0
  status: ACTIVE
  changelog:
  - '1.3.0 — 2026-04-30 — the fifth promise was added'
falsification_tests:
"""
_PROMISE = """\
- id: FALSIFY-VOICE-00{0}
  rule: the voice can sing tone {0}
  prediction: '`tone {0}` is heard'
  test: './voice.sh'
  if_fails: silence
  status: PARTIAL_ALGORITHM_LEVEL
  evidence:
  - 'one unit test'
"""
_SMOKE = """\
version: 1
contracts: ["contracts/*.yaml"]
smokes:
  voice:
    contract: contracts/voice-v1.yaml
    when: {paths: ["voice.sh"]}
    timeout: 20s
    legs:
      default: [sh, voice.sh]
      no-gpu: [sh, voice.sh, --no-gpu]
    predictions:
"""
CONTRACT = _HEAD + "".join(_PROMISE.format(n) for n in NUMBERS)
CONFIG = _SMOKE + "".join(
    f"      FALSIFY-VOICE-00{n}: [{{leg: {'no-gpu' if n == 4 else 'default'}, contains: tone {n}}}]\n" for n in NUMBERS
)
FILES: dict[str, str | bytes | None] = {
    "contracts/speak-v1.yaml": None,
    "speak.sh": None,
    PATH: CONTRACT,
    PROGRAM_PATH: PROGRAM,
}
WAITING = CONFIG + WAIT
