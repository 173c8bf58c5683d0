"""What `.github/discharge.yml` may say, as pydantic models; the JSON Schema is generated from them."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.field import Argv, Glob, Name, PublicKeyText, Regex, Seconds, Sha256, Status  # noqa: TC001 - pydantic asks for them
from contracts.model import Ladder, Part
from contracts.policy import Policy
from evidence.key import PublicKey
from evidence.key import read as read_key

_PARTS = {"none": Part.NONE, "patch": Part.PATCH, "minor": Part.MINOR, "major": Part.MAJOR}
PartName = Literal["none", "patch", "minor", "major"]
Role = Literal["read", "triage", "write", "maintain", "admin"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class CadenceConfig(_Model):
    """When a spec is amended: after so many landed pull requests, or after one of these landmarks."""

    landed: Annotated[int, Field(ge=1)] = 3
    landmarks: tuple[Literal["discharge"], ...] = ()


class FollowerConfig(_Model):
    """A file that must agree with a version or digest of another."""

    path: str
    pattern: Regex
    of: str


class SpecConfig(_Model):
    """One Markdown record: where it is, when it is amended, which contracts it records."""

    name: Name
    path: str
    cadence: CadenceConfig = CadenceConfig()
    records: tuple[Glob, ...] = ("**",)
    followers: tuple[FollowerConfig, ...] = ()


class TallyConfig(_Model):
    """Which statuses count on the left and on the right of `A+B`; in the order of the ladder."""

    discharged: Annotated[tuple[Status, ...], Field(min_length=1)] = Ladder().discharged
    partial: tuple[str, ...] = Ladder().partial


class WeightsConfig(_Model):
    """A ship percentage computed from statuses."""

    weights: dict[str, float]
    contracts: tuple[Glob, ...]


class ModelConfig(_Model):
    """One model: how its ship percentage is known, and which contracts speak of it."""

    ship: Literal["declared"] | WeightsConfig = "declared"
    contracts: tuple[Glob, ...] = ()


class WhenConfig(_Model):
    """The files that a smoke is bound to."""

    paths: tuple[Glob, ...] = ()


class RunnerConfig(_Model):
    """Where a smoke runs."""

    labels: tuple[str, ...] = ()
    engine: Literal["local", "registered", "slurm", "kubernetes", "actions"] = "local"


class SubjectConfig(_Model):
    """The program under test, relative to the checkout."""

    binary: str


class NeedConfig(_Model):
    """A file that the legs need; without a digest it is only recorded, never verified."""

    path: str
    sha256: Sha256 | None = None


class DeviceConfig(_Model):
    """The proof that a device was really tried: a pattern in a leg's log."""

    leg: str
    pattern: Regex


class RatioConfig(_Model):
    """A time relative to another leg's."""

    ratio: Annotated[float, Field(gt=0)]
    of: str


KINDS = ("exit", "output", "contains", "never", "only", "count", "in_order", "capture", "same_output", "within")
_BOUNDS = ("equals", "below", "at_least", "between")


class PredictionConfig(_Model):
    """One thing that must be seen; exactly one of the kinds stands in it."""

    leg: str | None = None
    exit: int | None = None
    output: str | None = None
    contains: str | tuple[str, ...] | None = None
    never: str | tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    text: str | None = None
    in_order: tuple[str, ...] | None = None
    capture: Regex | None = None
    equals: str | float | None = None
    below: float | None = None
    at_least: float | None = None
    between: tuple[float, float] | None = None
    same_output: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    within: Seconds | RatioConfig | None = None

    @model_validator(mode="after")
    def _complete(self) -> PredictionConfig:
        """Demand one kind, a leg where the kind needs one, and the companions of that kind only."""
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a prediction names exactly one of {', '.join(KINDS)}; this one names {len(kinds)}")
        if (self.leg is None) != (kinds == ["same_output"]):
            raise ValueError("same_output names its legs itself; every other prediction names one leg")
        bounds = [bound for bound in _BOUNDS if getattr(self, bound) is not None]
        if len(bounds) != (kinds == ["capture"]):
            raise ValueError(f"a capture names exactly one of {', '.join(_BOUNDS)}, and nothing else does")
        if (self.text is not None) != (kinds == ["count"]):
            raise ValueError("count needs the text that is counted: {leg: …, count: 0, text: …}")
        return self


class PromiseConfig(_Model):
    """Predictions about one falsifier, and the branch that they validate."""

    all: Annotated[tuple[PredictionConfig, ...], Field(min_length=1)]
    holds: Literal["prediction", "if_fails"] = "prediction"


class SmokeConfig(_Model):
    """What is run for a contract, and what must be seen."""

    contract: str
    legs: Annotated[dict[Name, Argv], Field(min_length=1)]
    predictions: dict[str, tuple[PredictionConfig, ...] | PromiseConfig]
    when: WhenConfig = WhenConfig()
    runner: RunnerConfig = RunnerConfig()
    timeout: Seconds = 900.0
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    build: tuple[Argv, ...] = ()
    subject: SubjectConfig | None = None
    extract: Regex = ""
    needs: dict[str, NeedConfig] = {}
    env: dict[str, str | None] = {}
    device: DeviceConfig | None = None


class PolicyConfig(_Model):
    """Which change must raise which part of a contract's version: a floor."""

    discharge: PartName = "minor"
    falsifier_added: PartName = "minor"
    partial: PartName = "none"
    wording: PartName = "none"
    loosened: PartName = "major"


class EvidenceConfig(_Model):
    """Which receipts count."""

    accept: tuple[Literal["app", "terminal", "recorded"], ...] = ("app",)


class RedactConfig(_Model):
    """What besides secrets is taken out of logs; empty by default, so that reproducers stay verbatim."""

    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class AutomaticConfig(_Model):
    """What the App does unasked."""

    on_merge: bool = False
    preauthorised: tuple[str, ...] = ()


class PullRequestsConfig(_Model):
    """How the App treats its own pull requests."""

    auto_merge: Literal["squash", "merge", "rebase"] | None = None
    labels: tuple[str, ...] = ()


class ReleaseConfig(_Model):
    """Whether a merge is tagged and released."""

    tags: bool = False
    releases: bool = False


class CommandsConfig(_Model):
    """The role that each command needs."""

    discharge: Role = "write"
    amend: Role = "maintain"
    ship: Role = "admin"


class BudgetConfig(_Model):
    """What a day may cost, and how long a machine may take to appear."""

    gpu_minutes_per_day: Annotated[int, Field(ge=0)] | None = None
    queue_watchdog: Seconds = 1200.0


class Config(_Model):
    """The whole file; only `version` and `contracts` are required, every default does the least."""

    version: Literal[1]
    contracts: Annotated[tuple[Glob, ...], Field(min_length=1)]
    specs: tuple[SpecConfig, ...] = ()
    tally: TallyConfig = TallyConfig()
    models: dict[str, ModelConfig] = {}
    smokes: dict[str, SmokeConfig] | tuple[Glob, ...] = {}
    policy: PolicyConfig = PolicyConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    redact: RedactConfig = RedactConfig()
    validate_: Annotated[Argv | None, Field(alias="validate")] = None
    keys: tuple[PublicKeyText, ...] = ()
    automatic: AutomaticConfig = AutomaticConfig()
    pull_requests: PullRequestsConfig = PullRequestsConfig()
    release: ReleaseConfig = ReleaseConfig()
    commands: CommandsConfig = CommandsConfig()
    budget: BudgetConfig = BudgetConfig()

    @property
    def ladder(self) -> Ladder:
        """The steps of a status, as the tally counts them."""
        return Ladder(partial=self.tally.partial, discharged=self.tally.discharged)

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """The keys that a signature must be made with."""
        return tuple(read_key(text) for text in self.keys)

    @property
    def floor(self) -> Policy:
        """The bump policy as the contracts package reads it."""
        names = self.policy.model_dump()
        return Policy(**{kind: _PARTS[name] for kind, name in names.items()})


class SmokeFile(_Model):
    """A file of smokes beside the contracts."""

    smokes: dict[str, SmokeConfig]


def write_schema() -> str:
    """Return the JSON Schema of the configuration, as it is committed under docs/."""
    return json.dumps(Config.model_json_schema(by_alias=True), indent=2, ensure_ascii=False) + "\n"
