"""Pages and program agree: commands, help, schema, example configuration."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.comment.manual import render_table as render_commands
from app.config import read
from app.schema import CommandsConfig, Config, write_schema
from app.smokeconfig import KINDS
from app.web import cluster, policy, runner
from app.web.guide import KUBERNETES, POLICY, RUNNERS, SENTENCES
from app.web.guide import render_table as render_settings
from app.web.settings import MORE, NAMES, PLAIN, PREFIX

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = Path(sys.executable).with_name("discharge")


def say(*args: str) -> str:
    """Return what the program prints."""
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=True).stdout


def test_every_command_of_the_program_stands_in_the_readme() -> None:
    """And every command of the README exists."""
    helped = set(re.findall(r"^  ([a-z]+)  +\S", say("--help").partition("Commands:")[2], re.MULTILINE))
    told = set(re.findall(r"^\| `discharge ([a-z]+)", README, re.MULTILINE))

    assert told == helped


@pytest.mark.parametrize("command", ["run", "judge", "amend", "check", "list", "draft"])
def test_every_option_of_the_readme_exists(command: str) -> None:
    """The README promises --repo everywhere, and --json and --dry-run where they make sense."""
    helped = say(command, "--help")

    assert "--repo DIR" in helped
    assert ("--json" in helped) == (command != "draft")
    assert ("--dry-run" in helped) == (command in ("run", "amend"))


def test_every_make_target_of_the_readme_exists() -> None:
    """`make demo` and `make test` are what a newcomer types."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README)) <= targets
    assert targets == set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))


def test_the_commands_in_comments_of_the_readme_are_the_apps() -> None:
    """The table is the one that `/help` answers with, with the roles that nobody configured otherwise."""
    assert render_commands(CommandsConfig().model_dump()) in README


def test_the_settings_of_the_readme_are_the_services() -> None:
    """Every variable that is read stands in the table, with the default that it really has."""
    plain = {name.removeprefix(PREFIX) for name in NAMES if not name.endswith("_FILE")} - MORE.keys()
    files = {name for name in NAMES if name.endswith("_FILE")}

    assert render_settings() in README
    assert set(SENTENCES) == plain
    assert {name for name in files if f"`{name}`" in README} == files
    assert {name: f"`{default}`" for name, (_, default) in PLAIN.items() if default} == {
        name: SENTENCES[name][0] for name, (_, default) in PLAIN.items() if default
    }


def test_the_settings_of_a_cluster_stand_on_its_page() -> None:
    """Every variable of the engine, with the default that it really has."""
    assert render_settings(KUBERNETES) in (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    assert KUBERNETES.keys() == cluster.PLAIN.keys()
    assert {name: f"`{default}`" for name, (_, default) in cluster.PLAIN.items() if default} == {
        name: KUBERNETES[name][0] for name, (_, default) in cluster.PLAIN.items() if default
    }


def test_the_settings_of_runs_on_github_actions_stand_on_their_page() -> None:
    """Every variable, with the default that it really has."""
    assert render_settings(RUNNERS) in (ROOT / "docs/actions.md").read_text(encoding="utf-8")
    assert RUNNERS.keys() == runner.PLAIN.keys()
    assert {name: f"`{default}`" for name, (_, default) in runner.PLAIN.items() if default} == {
        name: RUNNERS[name][0] for name, (_, default) in runner.PLAIN.items() if default
    }


def test_the_settings_of_what_runs_may_do_stand_on_their_page() -> None:
    """Every variable, with the default that it really has."""
    assert render_settings(POLICY) in (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    assert POLICY.keys() == policy.PLAIN.keys()
    assert {name: f"`{default}`" for name, (_, default) in policy.PLAIN.items() if default} == {
        name: POLICY[name][0] for name, (_, default) in policy.PLAIN.items() if default
    }


def test_the_committed_schema_is_the_programs() -> None:
    """`discharge schema > docs/config.schema.json` was run after the last change."""
    assert (ROOT / "docs/config.schema.json").read_text(encoding="utf-8") == write_schema()
    assert json.loads(write_schema())["required"] == ["version", "contracts"]


def test_the_configuration_of_the_readme_is_valid() -> None:
    """A newcomer copies it."""
    block = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert block is not None
    assert set(read(block[1]).smokes) == {"cpu-gpu"}


def test_every_kind_of_prediction_stands_in_the_readme() -> None:
    """The table is complete."""
    rows = re.findall(r"^\| `\{(?:leg, )?([a-z_]+):", README, re.MULTILINE)

    assert sorted(rows) == sorted(KINDS)


def test_every_rule_of_contributing_names_what_checks_it() -> None:
    """A rule without a checker names the reviewer."""
    rows = re.findall(r"^\| (?!rule|---)(.+) \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)

    assert len(rows) > 10
    assert all("`" in check or "reviewer" in check for _, check in rows)


def test_the_exit_statuses_of_the_readme_are_the_programs() -> None:
    """Scripts rely on them."""
    from app import terminal  # noqa: PLC0415 - only this test needs the terminal

    names = ("HELD", "FALSIFIED", "USAGE", "NOT_MEASURED", "INTERNAL", "STOPPED")
    statuses = tuple(getattr(terminal, name) for name in names)
    line = next(line for line in README.splitlines() if line.startswith("Exit status"))

    assert tuple(int(n) for n in re.findall(r"(?:^Exit status:|·) (\d+)", line)) == statuses


def test_the_example_has_only_documented_keys() -> None:
    """The example's configuration is read without a finding."""
    text = (ROOT / "examples/g2p/.github/discharge.yml").read_text(encoding="utf-8")

    assert isinstance(read(text).config, Config)
