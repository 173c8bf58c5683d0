"""What an operator writes into the environment, and every way to get it wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from app.web.settings import NAMES, Settings, parse, read
from contracts.error import Unreadable
from runners.engine.manifest import Place

RSA = generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
LOCKED = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
SMALL = generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is there to be refused
SMALL_PEM = SMALL.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SIGNING = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NEEDED = {
    "DISCHARGE_APP_ID": "123456",
    "DISCHARGE_PRIVATE_KEY": RSA_PEM,
    "DISCHARGE_WEBHOOK_SECRET": "it is a secret to everybody",
    "DISCHARGE_SIGNING_KEY": SIGNING,
    "HOME": "/home/someone",
}


def _read(**changes: str) -> Settings:
    return read({**NEEDED, **{f"DISCHARGE_{name}": value for name, value in changes.items()}})


def _complain(**changes: str) -> str:
    with pytest.raises(Unreadable) as caught:
        _read(**changes)
    return str(caught.value)


def test_what_is_not_set_has_a_default() -> None:
    """Four variables are enough for an App on github.com, with SQLite, on this machine."""
    settings = _read()

    assert (settings.app_id, settings.github_url) == (123456, "https://api.github.com")
    assert (settings.host, settings.port, settings.gpu_slots, settings.log) == ("127.0.0.1", 8080, 1, "json")
    assert (settings.engine, settings.slurm_gpus, settings.slurm_partition) == ("local", 1, "")
    assert settings.data == Path("/home/someone/.local/state/discharge")
    assert settings.database.get_secret_value() == "sqlite:////home/someone/.local/state/discharge/discharge.sqlite"
    assert settings.private_key.get_secret_value() == RSA_PEM.strip()


def test_everything_can_be_set() -> None:
    """GitHub Enterprise Server, PostgreSQL, another folder, address and port, several GPUs, logs for people."""
    settings = _read(
        GITHUB_URL="https://github.example.org/api/v3/",
        DATABASE="postgresql://bot:word@db.example.org:5432/discharge",
        DATA="/srv/discharge",
        HOST="::1",
        PORT="0",
        GPU_SLOTS="4",
        LOG="text",
        ENGINE="slurm",
        SLURM_GPUS="2",
        SLURM_PARTITION="a100,h100",
    )

    assert settings.github_url == "https://github.example.org/api/v3"
    assert settings.database.get_secret_value().endswith("db.example.org:5432/discharge")
    assert (settings.data, settings.host, settings.port) == (Path("/srv/discharge"), "::1", 0)
    assert (settings.gpu_slots, settings.log) == (4, "text")
    assert (settings.engine, settings.slurm_gpus, settings.slurm_partition) == ("slurm", 2, "a100,h100")


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    """A file's last line end is not part of the secret."""
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")

    settings = _read(WEBHOOK_SECRET="", WEBHOOK_SECRET_FILE=str(tmp_path / "secret"))

    assert settings.webhook_secret.get_secret_value() == "from a file"


def test_a_key_may_be_folded_into_one_line() -> None:
    """Some environments hold one line only; the line ends are then written out."""
    settings = _read(PRIVATE_KEY=RSA_PEM.strip().replace("\n", "\\n"))

    assert settings.private_key.get_secret_value() == RSA_PEM.strip()


def test_no_secret_is_printed() -> None:
    """Neither the settings nor a part of them show a key, the webhook's secret or the database's password."""
    settings = _read(DATABASE="postgresql://bot:password-1@db.example.org/discharge")

    shown = f"{settings} {settings!r} {settings.database} {settings.webhook_secret!r}"

    assert all(word not in shown for word in ("password-1", "secret to everybody", "BEGIN"))


def test_state_goes_where_the_system_wants_it() -> None:
    """XDG_STATE_HOME moves the folder for data."""
    settings = read({**NEEDED, "XDG_STATE_HOME": "/var/lib/someone"})

    assert settings.data == Path("/var/lib/someone/discharge")


def test_every_mistake_is_told_at_once() -> None:
    """One try is enough to learn everything that is missing, and what to do about it."""
    with pytest.raises(Unreadable) as caught:
        read({"DISCHARGE_PORT": "http"})

    assert str(caught.value) == (
        "the settings cannot be used:\n"
        "* DISCHARGE_APP_ID is not set; `discharge setup` makes it.\n"
        "* DISCHARGE_PORT is “http”, and no whole number from 0 to 65535; write one such as 8080.\n"
        "* DISCHARGE_DATA is no absolute path; write one that begins with /.\n"
        "* DISCHARGE_PRIVATE_KEY is not set; `discharge setup` makes it. Set it, or DISCHARGE_PRIVATE_KEY_FILE to a "
        "file that holds it.\n"
        "* DISCHARGE_WEBHOOK_SECRET is not set; `discharge setup` makes it. Set it, or DISCHARGE_WEBHOOK_SECRET_FILE "
        "to a file that holds it.\n"
        "* DISCHARGE_SIGNING_KEY is not set; `discharge setup` makes it. Set it, or DISCHARGE_SIGNING_KEY_FILE to a "
        "file that holds it."
    )


MISTAKES = {
    "APP_ID": ["0", "-1", "1.5", "１２", "abc", "9" * 50],
    "PORT": ["65536", "-1", "tcp://10.0.0.1:80", "8 0"],
    "GPU_SLOTS": ["0", "many"],
    "GITHUB_URL": [
        "http://github.example.org/api/v3",
        "github.com",
        "https://github.com",
        "https://someone:word@github.example.org",
        "https://x:port/",
        "https://[::1",
        "https://api.github.com?x=1",
        "ftp://127.0.0.1",
    ],
    "DATABASE": ["discharge.sqlite", "sqlite:///relative", "mysql://x/y", "postgresql://host", "postgresql://[x/y"],
    "DATA": ["data", "~/data"],
    "HOST": ["a b", "http://x", "x" * 300],
    "LOG": ["xml", "JSON"],
    "ENGINE": ["kubernete", "Slurm", "slurm --wait"],
    "SLURM_GPUS": ["-1", "one", "gpu:1"],
    "SLURM_PARTITION": ["a b", "--wait", "a;b"],
    "KUBERNETES_CONFIG": ["config", "~/.kube/config"],
    "KUBERNETES_NAMESPACE": ["Smokes", "a.b", "a b", "x" * 64],
    "KUBERNETES_IMAGE": ["a b", "--privileged", "x" * 501],
    "KUBERNETES_CLAIM": ["A", "a/b", "-a"],
    "KUBERNETES_ROOT": ["srv"],
    "KUBERNETES_GPUS": ["65", "-1", "one"],
    "KUBERNETES_DEVICE": ["gpu", "nvidia.com/", "nvidia.com/gpu: 1"],
    "KUBERNETES_CPU": ["four", "-1", "1e9"],
    "KUBERNETES_MEMORY": ["16 GB", "16GiB", "１６Gi"],
    "KUBERNETES_SCRATCH": ["all"],
    "KUBERNETES_NODES": ["h100", "gpu=a b", "=h100", "gpu=h100;b=1"],
    "KUBERNETES_RUNTIME": ["gVisor", "a b"],
    "KUBERNETES_SHARES": ["models", "/models,cache"],
    "KUBERNETES_HOME": ["~"],
    "KUBERNETES_PYTHON": ["python3 -c 1", "a;b"],
    "RUNNER_PROGRAM": ["run.sh", "/"],
    "RUNNER_GROUP": ["0", "Default"],
    "NETWORK": ["off", "NONE"],
    "LEG_USER": ["a b", "-x", "1000", "x" * 33],
    "REPOSITORIES": ["acme", "acme/speak hear", "*/*", "*", "acme/", "/speak", "acme/sp*", ",", "a/b/c"],
    "WAKE": ["wakeonlan aa", "{}", "[]", "[1]", '[""]', '["a", "\\u0000"]', "[" * 50_000],
    "SLEEP": ["true", '"true"'],
    "WEBHOOK_SECRET": ["two\nlines"],
    "PRIVATE_KEY": ["hello", SIGNING, LOCKED, SMALL_PEM, RSA_PEM[:200]],
    "SIGNING_KEY": ["hello", RSA_PEM],
}


def test_a_cluster_needs_an_image_and_a_claim() -> None:
    """Nobody can guess them; what is said of a cluster and not used asks for nothing."""
    assert _complain(ENGINE="kubernetes") == (
        "the settings cannot be used:\n"
        "* DISCHARGE_KUBERNETES_IMAGE is not set; the engine `kubernetes` needs it.\n"
        "* DISCHARGE_KUBERNETES_CLAIM is not set; the engine `kubernetes` needs it."
    )
    settings = _read(KUBERNETES_GPUS="2")
    assert (settings.engine, settings.place, settings.kubeconfig) == ("local", None, None)


def test_pods_run_as_the_app_itself_on_the_volume_of_its_data() -> None:
    """Two settings are enough; the cluster is the one around, and its files are the user's."""
    settings = _read(ENGINE="kubernetes", KUBERNETES_IMAGE="r.example/d:1", KUBERNETES_CLAIM="d", DATA="/srv/d")

    place = Place("smokes", "r.example/d:1", "d", "/srv/d", os.getuid(), os.getgid())
    assert (settings.place, settings.kubeconfig) == (place, None)


def test_everything_of_a_cluster_can_be_set() -> None:
    """What every pod asks for, where it may run, and what it sees."""
    settings = _read(
        ENGINE="kubernetes",
        KUBERNETES_CONFIG="/etc/discharge/kubeconfig",
        KUBERNETES_NAMESPACE="gpu",
        KUBERNETES_IMAGE="r.example/d@sha256:" + "0" * 64,
        KUBERNETES_CLAIM="shared.rwx",
        KUBERNETES_ROOT="/srv",
        KUBERNETES_GPUS="2",
        KUBERNETES_DEVICE="amd.com/gpu",
        KUBERNETES_CPU="500m",
        KUBERNETES_MEMORY="1.5Ti",
        KUBERNETES_SCRATCH="100G",
        KUBERNETES_NODES="nvidia.com/gpu.product=NVIDIA-H200, pool=smokes,empty=",
        KUBERNETES_RUNTIME="gvisor",
        KUBERNETES_SHARES="/srv/models, /srv/cache",
        KUBERNETES_HOME="/srv/models",
        KUBERNETES_PYTHON="/opt/venv/bin/python",
    )

    assert settings.kubeconfig == Path("/etc/discharge/kubeconfig")
    assert settings.place == Place(
        namespace="gpu",
        image="r.example/d@sha256:" + "0" * 64,
        claim="shared.rwx",
        root="/srv",
        user=os.getuid(),
        group=os.getgid(),
        gpus=2,
        device="amd.com/gpu",
        cpu="500m",
        memory="1.5Ti",
        scratch="100G",
        nodes={"nvidia.com/gpu.product": "NVIDIA-H200", "pool": "smokes", "empty": ""},
        runtime="gvisor",
        shares=("/srv/models", "/srv/cache"),
        home="/srv/models",
        python="/opt/venv/bin/python",
    )


def test_what_wakes_a_machine_is_an_argument_list() -> None:
    """No shell takes it apart, and nothing is one that does nothing."""
    settings = _read(WAKE='["ssh", "-o", "BatchMode=yes", "box", "a; b"]')

    assert (settings.wake, settings.sleep) == (("ssh", "-o", "BatchMode=yes", "box", "a; b"), ())
    assert (settings.runner_program, settings.runner_group) == ("/opt/actions-runner/run.sh", 1)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MISTAKES.items() for value in values])
def test_a_mistake_names_its_variable(name: str, value: str) -> None:
    """Each complaint begins with the variable, and keeps secrets to itself."""
    said = _complain(**{name: value})

    assert said.startswith(f"the settings cannot be used:\n* DISCHARGE_{name} ")
    assert said.count("\n") == 1
    assert "BEGIN" not in said
    assert "word@" not in said


def test_an_http_address_is_for_this_machine_only() -> None:
    """Tokens go there: the sandbox on the loopback may do without encryption, nobody else."""
    assert _read(GITHUB_URL="http://127.0.0.1:4500").github_url == "http://127.0.0.1:4500"


def test_a_secret_stands_in_one_place(tmp_path: Path) -> None:
    """Which of two would count is not guessed."""
    said = _complain(WEBHOOK_SECRET_FILE=str(tmp_path / "secret"))

    assert "DISCHARGE_WEBHOOK_SECRET and DISCHARGE_WEBHOOK_SECRET_FILE are both set" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        (b"\n", "is in a file that is empty"),
        (b"x" * 70_000, "it is larger than 65,536 bytes"),
        (b"\xff\xfe", "it is no text"),
    ],
)
def test_a_file_that_holds_no_secret_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Missing, empty, huge and binary files each have their sentence."""
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    assert said in _complain(WEBHOOK_SECRET="", WEBHOOK_SECRET_FILE=str(tmp_path / "secret"))


def test_a_pipe_holds_no_secret(tmp_path: Path) -> None:
    """Whoever read it would wait for ever; a link to a plain file is what clusters give."""
    os.mkfifo(tmp_path / "pipe")
    assert "it is no regular file" in _complain(WEBHOOK_SECRET="", WEBHOOK_SECRET_FILE=str(tmp_path / "pipe"))
    (tmp_path / "there").write_text("word")
    (tmp_path / "link").symlink_to("there")
    found = _read(WEBHOOK_SECRET="", WEBHOOK_SECRET_FILE=str(tmp_path / "link"))
    assert found.webhook_secret.get_secret_value() == "word"


def test_a_misspelt_variable_is_told() -> None:
    """It would do nothing, silently."""
    said = _complain(WEBHOOK_SECRETS="x", GPU_SLOT="2", REPOS="acme/*")

    assert "DISCHARGE_GPU_SLOT is no setting; did you mean DISCHARGE_GPU_SLOTS?" in said
    assert "DISCHARGE_WEBHOOK_SECRETS is no setting; did you mean DISCHARGE_WEBHOOK_SECRET?" in said
    assert "DISCHARGE_REPOS is no setting; did you mean DISCHARGE_REPOSITORIES?" in said


def test_what_a_cluster_sets_by_itself_is_no_mistake() -> None:
    """Kubernetes gives every container variables named after its services."""
    assert _read(SERVICE_HOST="10.0.0.1", PORT_80_TCP_ADDR="10.0.0.1", DEBUG="1").port == 8080


@bounded(deadline=None, max_examples=15)
@given(st.dictionaries(st.sampled_from(sorted(NAMES - {"DISCHARGE_PRIVATE_KEY"})), st.text(max_size=60), max_size=4))
def test_any_environment_is_read_or_complained_about(environment: dict[str, str]) -> None:
    """No value ends in a traceback."""
    try:
        settings = read({**NEEDED, **environment})
    except Unreadable as complaint:
        told = str(complaint)
    else:
        told = repr(settings)
    assert "DISCHARGE_" in told or "app_id" in told


def test_a_file_of_settings_is_read_as_it_stands() -> None:
    """`discharge setup` writes such a file; systemd and containers read it too."""
    assert parse("# made by set-up\n\nA=1\n  B_2=x = 'y' \n") == {"A": "1", "B_2": "x = 'y'"}


def test_a_line_that_is_no_setting_is_told() -> None:
    """The sentence names the line, and does not repeat it: it may hold a secret."""
    with pytest.raises(Unreadable, match="line 2 of the settings is no NAME=value") as caught:
        parse("A=1\nsecret-word\n")

    assert "secret-word" not in str(caught.value)


def test_repositories_are_a_list_in_small_letters() -> None:
    """Each once, whatever stands around the commas; nothing is no list."""
    assert _read(REPOSITORIES=" Acme/Speak,acme/speak , Other/* ,").repositories == ("acme/speak", "other/*")
    assert _read().repositories == ()
