"""What `.github/discharge.yml` may say, as pydantic models; the JSON Schema is generated from them."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from app.field import Argv, Day, Glob, Name, PublicKeyText, Seconds, Status, Tracking  # noqa: TC001 - pydantic asks for them
from app.shape import Shape
from app.smokeconfig import SmokeConfig  # noqa: TC001 - pydantic asks for it
from contracts.model import Ladder, Part
from contracts.policy import Policy
from evidence.key import PublicKey
from evidence.key import read as read_key

_PARTS = {"none": Part.NONE, "patch": Part.PATCH, "minor": Part.MINOR, "major": Part.MAJOR}
PartName = Literal["none", "patch", "minor", "major"]
Role = Literal["read", "triage", "write", "maintain", "admin"]


class CadenceConfig(Shape):
    """When a spec is amended: after so many landed pull requests, after a landmark, or on a schedule.

    A *schedule* amends once a day, week or month if anything landed; *quiet* once nothing more landed for so long.
    *paths* and *labels* say which landed pull requests count; empty means all.
    """

    landed: Annotated[int, Field(ge=1)] = 3
    landmarks: tuple[Literal["discharge", "target"], ...] = ()
    schedule: Literal["daily", "weekly", "monthly"] | None = None
    quiet: Seconds | None = None
    paths: tuple[Glob, ...] = ()
    labels: tuple[str, ...] = ()


class FollowerConfig(Shape):
    """A file that must agree with another.

    Wherever *pattern* matches in *path*, its group `version` must be the version of *of*, a contract or a spec, or its
    group `sha256` the SHA-256 of any file *of*.
    """

    path: str
    pattern: Tracking
    of: str


class SpecConfig(Shape):
    """One Markdown record: where it is, when it is amended, which contracts it records."""

    name: Name
    path: str
    cadence: CadenceConfig = CadenceConfig()
    records: tuple[Glob, ...] = ("**",)
    followers: tuple[FollowerConfig, ...] = ()


class TallyConfig(Shape):
    """Which statuses count on the left and on the right of `A+B`; in the order of the ladder."""

    discharged: Annotated[tuple[Status, ...], Field(min_length=1)] = Ladder().discharged
    partial: tuple[str, ...] = Ladder().partial


class WeightsConfig(Shape):
    """A ship percentage computed from statuses: what each weighs, from 0 to 1; a status without a weight weighs 0."""

    weights: dict[str, Annotated[float, Field(ge=0, le=1)]]
    contracts: Annotated[tuple[Glob, ...], Field(min_length=1)]


class ModelConfig(Shape):
    """One model: how its ship percentage is known, at how many percent it ships, and which contracts speak of it."""

    ship: Literal["declared"] | WeightsConfig = "declared"
    target: Annotated[float, Field(gt=0, le=100)] | None = None
    contracts: tuple[Glob, ...] = ()


class PolicyConfig(Shape):
    """Which change must raise which part of a contract's version: a floor."""

    discharge: PartName = "minor"
    falsifier_added: PartName = "minor"
    partial: PartName = "none"
    wording: PartName = "none"
    loosened: PartName = "major"


class EvidenceConfig(Shape):
    """Which receipts count."""

    accept: tuple[Literal["app", "terminal", "recorded"], ...] = ("app",)


class RedactConfig(Shape):
    """What besides secrets is taken out of logs; empty by default, so that reproducers stay verbatim."""

    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class AutomaticConfig(Shape):
    """What the App does unasked: only with the smokes that are preauthorised.

    *on_merge* runs a smoke when a pull request lands that touches its bound files, *nightly* runs what is stale, once a
    night.
    """

    on_merge: bool = False
    nightly: bool = False
    preauthorised: tuple[str, ...] = ()


class PullRequestsConfig(Shape):
    """How the App treats its own pull requests."""

    auto_merge: Literal["squash", "merge", "rebase"] | None = None
    labels: tuple[str, ...] = ()


class ReleaseConfig(Shape):
    """Whether a merge is tagged and released."""

    tags: bool = False
    releases: bool = False


class CommandsConfig(Shape):
    """The role that each command needs."""

    discharge: Role = "write"
    amend: Role = "maintain"
    ship: Role = "admin"


class BudgetConfig(Shape):
    """What a day may cost, and how long a machine may take to appear."""

    gpu_minutes_per_day: Annotated[int, Field(ge=0)] | None = None
    queue_watchdog: Seconds = 1200.0


class SuppressionConfig(Shape):
    """Findings of one rule that are known and borne with: in which files, why, and up to which day."""

    rule: str
    path: Glob
    reason: Annotated[str, Field(min_length=10, max_length=400)]
    until: Day
    contains: str = ""


class RulesConfig(Shape):
    """How grave a breach of a rule is, by the rule's id or a pattern of ids, and what is borne with for a while."""

    severity: dict[str, Literal["off", "notice", "warning", "error"]] = Field(default={})
    suppress: tuple[SuppressionConfig, ...] = ()


class Config(Shape):
    """The whole file; only `version` and `contracts` are required, every default does the least."""

    version: Literal[1]
    contracts: Annotated[tuple[Glob, ...], Field(min_length=1)]
    specs: tuple[SpecConfig, ...] = ()
    followers: tuple[FollowerConfig, ...] = ()
    tally: TallyConfig = TallyConfig()
    models: dict[str, ModelConfig] = Field(default={})
    smokes: dict[str, SmokeConfig] | tuple[Glob, ...] = Field(default={})
    policy: PolicyConfig = PolicyConfig()
    rules: RulesConfig = RulesConfig()
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


class SmokeFile(Shape):
    """A file of smokes beside the contracts."""

    smokes: dict[str, SmokeConfig]


def write_schema() -> str:
    """Return the JSON Schema of the configuration, as it is committed under docs/."""
    return json.dumps(Config.model_json_schema(by_alias=True), indent=2, ensure_ascii=False) + "\n"
