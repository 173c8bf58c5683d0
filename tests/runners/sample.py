"""Jobs and bundles of every shape, for the property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from evidence.host import HostFacts
from evidence.model import (
    Absent,
    Capture,
    Contains,
    Exit,
    InOrder,
    Observation,
    Parity,
    Promise,
    Proof,
    SameOutput,
    Within,
)
from evidence.receipt import Binary, Needed
from runners.bundle import Bundle
from runners.job import Job, Known
from runners.smoke import Leg, Need, Smoke

SHA = "ab" * 32
BINARY = Binary("target/speak", SHA)
NEEDS = (Needed("model", "~/model.bin", "cd" * 32),)
SMOKE = Smoke(
    name="speak",
    contract="contracts/speak-v1.yaml",
    legs=(Leg("default", ("{binary}", "{model}", "--to={out}")), Leg("no-gpu", ("{binary}", "--no-gpu"))),
    promises=(
        Promise("FALSIFY-SPEAK-001", (Contains("default", ("a", "b")), Exit("default", 0), InOrder("no-gpu", ("x",)))),
        Promise(
            "FALSIFY-SPEAK-002",
            (
                Capture("default", "x", between=(0.0, 1.5)),
                SameOutput(("default", "no-gpu")),
                Within("default", 2),
                Parity("default", "no-gpu", worst_kl=1e-3),
            ),
            "if_fails",
        ),
    ),
    build=(("make", "all"),),
    binary="target/speak",
    needs=(Need("model", "~/model.bin"),),
    env=(("MODE", "fast"), ("GATE", None)),
    proof=Proof("default", "Backend: (.*)"),
    output_limit=1000,
)
KNOWN = Known("no-gpu", ("target/speak", "--no-gpu"), BINARY, NEEDS, "evidence/x/no-gpu-smoke.log")
JOB = Job("run-1", "/srv/mirror.git", "c" * 40, SMOKE, ("default", "no-gpu"), (KNOWN,), 1, "a note", "1.2.3", "0f" * 32)
ARGV = {
    "default": ("target/speak", "/home/a/model.bin", "--to=.discharge-out"),
    "no-gpu": ("target/speak", "--no-gpu"),
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
seconds = st.floats(0, 1e6)


def seen(leg: str) -> st.SearchStrategy[Observation | Absent]:
    """Return what a leg can look like in a bundle."""
    ended: dict[str, Any] = {"exit": st.integers(-64, 255), "failure": texts}
    failed: dict[str, Any] = {"exit": st.none(), "failure": texts.filter(bool)}
    return st.one_of(
        st.builds(Absent, st.just(leg), texts.filter(bool)),
        *(
            st.builds(
                Observation,
                leg=st.just(leg),
                argv=st.just(ARGV[leg]),
                merged=texts,
                stdout=texts,
                stderr=texts,
                seconds=seconds,
                truncated=st.booleans(),
                **end,
            )
            for end in (ended, failed)
        ),
    )


@st.composite
def bundles(draw: st.DrawFn, job: Job = JOB) -> Bundle:
    """Return a bundle that answers *job*."""
    reused = draw(st.sampled_from([(), tuple(known.leg for known in job.known)]))
    rest = [leg for leg in job.legs if leg not in reused]
    repeats = tuple({leg: draw(seen(leg)) for leg in rest} for _ in range(job.repeat))
    host = draw(st.builds(HostFacts, texts, texts, texts, texts, texts))
    return Bundle(job.echo, repeats, reused, BINARY, NEEDS, host, draw(texts), draw(seconds))
