"""The environment → `Settings`: every mistake is told at once, by the variable's name and with its remedy."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from app.web import cluster, policy, runner
from app.web.value import LONGEST, Mistake, read_choice, read_name, read_number
from contracts.error import Unreadable
from evidence.quote import show
from runners import file as files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runners.engine.manifest import Place
    from runners.job import Network

PREFIX = "DISCHARGE_"
GITHUB = "https://api.github.com"
_LONGEST_FILE = 64 << 10
_SMALLEST_KEY = 2048
_ALIKE = 0.75
_BEGUN = 4
"""Signs of a name that is only begun: `REPOS` would be an allow-list that allows everything."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PARTITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,-]{0,200}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_LINE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided. Whatever is secret shows as asterisks wherever it is printed.

    *private_key* is the App's RSA key, *signing_key* the Ed25519 key that receipts are signed with, both as PEM.
    *database* is secret because the address of a PostgreSQL holds a password. *data* is an absolute folder: the
    SQLite file, the git mirrors and the runs stand below it. *engine* is what runs legs: *gpu_slots* speaks of `local`,
    *slurm_gpus* (of each run, 0 for none) and *slurm_partition* (empty: Slurm's own) of `slurm`, *kubeconfig* (None: of
    the cluster around) and *place* of `kubernetes`. *repositories* are those that machines are started for, in small
    letters, each `owner/name` or `owner/*`; none: all. *network* is what legs have of it, *leg_user* who they are on a
    machine of the operator, empty: the service's user. *runner_program*, *runner_group*, *wake* and *sleep* speak of
    runs on GitHub Actions.
    """

    app_id: int
    private_key: SecretStr
    webhook_secret: SecretStr
    signing_key: SecretStr
    github_url: str
    database: SecretStr
    data: Path
    host: str
    port: int
    gpu_slots: int
    log: Literal["json", "text"]
    engine: Literal["local", "slurm", "kubernetes"] = "local"
    slurm_gpus: int = 1
    slurm_partition: str = ""
    kubeconfig: Path | None = None
    place: Place | None = None
    repositories: tuple[str, ...] = ()
    network: Network = "auto"
    leg_user: str = ""
    runner_program: str = runner.PROGRAM
    runner_group: int = 1
    wake: tuple[str, ...] = ()
    sleep: tuple[str, ...] = ()


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings that *environment* (such as `os.environ`) states.

    Raises:
        Unreadable: something is missing, malformed or misspelt; the sentences name all of it.
    """
    mistakes, values = list(_misspelt(environment)), dict[str, Any]()
    for name, (convert, default) in (PLAIN | MORE | {"DATA": (_folder, _home(environment))}).items():
        try:
            values[name.lower()] = convert(environment.get(f"{PREFIX}{name}", "").strip() or default)
        except Mistake as mistake:
            mistakes.append(f"{PREFIX}{name} {mistake}")
    for name, check in _SECRET.items():
        try:
            values[name.lower()] = SecretStr(check(_find(environment, f"{PREFIX}{name}")))
        except Mistake as mistake:
            mistakes.append(f"{PREFIX}{name} {mistake}")
    mistakes += [f"{PREFIX}{missing}" for missing in cluster.find_missing(values)]
    if mistakes:
        raise Unreadable("the settings cannot be used:\n" + "\n".join(f"* {_close(mistake)}" for mistake in mistakes))
    values["database"] = SecretStr(values["database"] or f"sqlite:///{values['data']}/discharge.sqlite")
    return Settings(**cluster.settle(values))


def load(file: Path | None = None) -> Settings:
    """Return the settings of this process: its environment's, and beside them those of *file*; the environment wins.

    Raises:
        Unreadable: the file or what is stated cannot be used.
    """
    if file is None:
        return read(os.environ)
    try:
        text = _load_text(file)
    except Unreadable as mistake:
        raise Unreadable(f"the settings cannot be read from {file}: {mistake.what}") from mistake
    try:
        stated = parse(text)
    except Unreadable as mistake:
        raise mistake.at(str(file)) from None
    return read({**stated, **os.environ})


def parse(text: str) -> dict[str, str]:
    """Return the variables of a file as `discharge setup` writes it: `NAME=value` lines, `#` before a remark.

    A value is taken as it stands, as systemd's `EnvironmentFile` and `docker --env-file` take it.

    Raises:
        Unreadable: a line is neither.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise Unreadable(f"line {number} of the settings is no NAME=value", mend="Write one variable a line")
        found[match["name"]] = match["value"]
    return found


def _close(mistake: str) -> str:
    return mistake if mistake.endswith("?") else f"{mistake}."


def _find(environment: Mapping[str, str], name: str) -> str:
    """Return a secret from its variable, or from the file that the variable with `_FILE` behind it names."""
    value, file = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
    if value and file:
        raise Mistake(f"and {name}_FILE are both set; keep one of them")
    if not value and not file:
        raise Mistake(f"is not set; `discharge setup` makes it. Set it, or {name}_FILE to a file that holds it")
    return value or _read_file(name, file)


def _read_file(name: str, file: str) -> str:
    try:
        text = _load_text(Path(file)).strip()
    except Unreadable as mistake:
        raise Mistake(f"cannot be used from the file that {name}_FILE names: {mistake.what}") from mistake
    if not text:
        raise Mistake(f"is in a file that is empty; see {name}_FILE")
    return text


def _load_text(path: Path) -> str:
    """Return a file's text; clusters give secrets as links to plain files, and a pipe would wait for ever.

    Raises:
        Unreadable: it is no plain file, too large, or no text.
    """
    try:
        return files.read(path, _LONGEST_FILE, linked=True).decode()
    except ValueError:
        raise Unreadable("it is no text") from None


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what stands in the environment and is nearly a setting: it would do nothing, silently."""
    known = [name.removeprefix(PREFIX) for name in NAMES]
    for name in sorted(name for name in environment if name.startswith(PREFIX) and name not in NAMES):
        own = name.removeprefix(PREFIX)
        begun = [other for other in known if len(own) >= _BEGUN and other.startswith(own)]
        alike = difflib.get_close_matches(own, known, n=1, cutoff=_ALIKE) or begun
        if alike:
            yield f"{show(name[:LONGEST])} is no setting; did you mean {PREFIX}{alike[0]}?"


def _home(environment: Mapping[str, str]) -> str:
    """Return the folder for data that nobody named: where the XDG base directories put a program's state."""
    state, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    folder = state if state.startswith("/") else f"{home}/.local/state"
    return f"{folder}/discharge" if folder.startswith("/") and (home or state) else ""


def _folder(value: str) -> Path:
    if not value.startswith("/"):
        raise Mistake("is no absolute path; write one that begins with /")
    return Path(value)


def read_github(value: str) -> str:
    """Return the address of GitHub's REST interface. Tokens are sent there: it is encrypted, or this machine's.

    Raises:
        Mistake: it is neither, or not the interface.
    """
    try:
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        plain = parts.hostname and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:  # a port that is no number, half an IPv6 address
        safe, plain = False, False
    if not (safe and plain):
        raise Mistake(f"is no https address; write {GITHUB}, or https://HOST/api/v3 for GitHub Enterprise Server")
    if parts.hostname in {"github.com", "www.github.com"}:
        raise Mistake(f"is GitHub's web page; write {GITHUB}")
    return value.rstrip("/")


def _database(value: str) -> str:
    try:
        parts = urlsplit(value)
        server = parts.scheme == "postgresql" and parts.path.strip("/")
    except ValueError:
        server = ""
    if value and not server and not value.startswith("sqlite:////"):
        raise Mistake("is neither sqlite:////ABSOLUTE/PATH nor postgresql://USER:PASSWORD@HOST:5432/NAME")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise Mistake("is no address to listen at; write 127.0.0.1, or 0.0.0.0 for every one of this machine")
    return value


def _one_line(value: str) -> str:
    if len(value.splitlines()) != 1:
        raise Mistake("has several lines; write the one that stands in the App's settings")
    return value


def _rsa(value: str) -> str:
    key = _load(value)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise Mistake("is no RSA key of 2048 bits or more; give the .pem file that GitHub made for the App")
    return _unfold(value)


def _ed25519(value: str) -> str:
    if not isinstance(_load(value), Ed25519PrivateKey):
        raise Mistake("is no Ed25519 key; `discharge setup` makes one")
    return _unfold(value)


def _load(value: str) -> object:
    try:
        return load_pem_private_key(_unfold(value).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Mistake("is no private key in PEM form without a passphrase") from error


def _unfold(value: str) -> str:
    """Return a PEM with real line ends: where an environment holds one line only, they are written out as two signs."""
    return value if "\n" in value else value.replace("\\n", "\n")


PLAIN: dict[str, tuple[Callable[[str], object], str]] = {
    "APP_ID": (read_number(1, 2**63 - 1, "123456"), ""),
    "GITHUB_URL": (read_github, GITHUB),
    "DATABASE": (_database, ""),
    "HOST": (_host, "127.0.0.1"),
    "PORT": (read_number(0, 65535, "8080"), "8080"),
    "GPU_SLOTS": (read_number(1, 1024, "1"), "1"),
    "LOG": (read_choice("json", "text"), "json"),
    "ENGINE": (read_choice("local", "slurm", "kubernetes"), "local"),
    "SLURM_GPUS": (read_number(0, 1024, "1"), "1"),
    "SLURM_PARTITION": (read_name(_PARTITION, "no name of a partition; `sinfo` shows them"), ""),
}
"""Name → what reads its value, and its default."""
MORE = cluster.PLAIN | runner.PLAIN | policy.PLAIN
"""The same of those that stand on pages of their own."""
_SECRET: dict[str, Callable[[str], str]] = {
    "PRIVATE_KEY": _rsa,
    "WEBHOOK_SECRET": _one_line,
    "SIGNING_KEY": _ed25519,
}
NAMES = frozenset(
    f"{PREFIX}{name}{end}"
    for names, ends in (((*PLAIN, *MORE, "DATA"), ("",)), (_SECRET, ("", "_FILE")))
    for name in names
    for end in ends
)
"""Every variable that is read."""
