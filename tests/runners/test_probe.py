"""The probe: what it writes of a model, how it walks through it, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from contracts.error import Complaint
from runners.probe import proof, setting, way
from runners.probe.__main__ import _uses_tf32, main

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "parity"
RUNNER = [57, 11, 48, 29, 3]
"""R AH1 N ER0 and the end, as the network numbers them."""


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    """Return torch; the everyday set-up installs it."""
    found: ModuleType = pytest.importorskip("torch", reason="torch is not installed: pip install torch==2.13.0")
    return found


@pytest.fixture(autouse=True)
def examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the example's models be found by name, and have the probe's variables gone afterwards."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    for name in ("NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG"):
        monkeypatch.setenv(name, "to be taken out")
        monkeypatch.delenv(name)


def probe(folder: Path, *words: str, model: str = "tiny:make") -> int:
    """Probe a model as a command line does."""
    return main([model, "--out", str(folder), *words])


def read(folder: Path) -> tuple[dict[str, Any], Any]:
    """Return the metadata and the logits of a file, as the format's own description reads it."""
    data = (folder / "logits.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    start, end = head["logits"]["data_offsets"]
    kind = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[head["logits"]["dtype"]]
    assert 8 + size + end == len(data)
    logits = np.frombuffer(data[8 + size + start :], kind).reshape(head["logits"]["shape"])
    return head["__metadata__"], logits


def test_it_writes_logits_with_everything_that_decides_them(torch: Any, tmp_path: Path) -> None:
    """Ids, model, settings and the device stand in the file itself, and beside it for people."""
    assert probe(tmp_path, "--positions", "40", "--tokens", "3") == 0

    about, logits = read(tmp_path)
    assert logits.shape == (40, 512)
    assert np.isfinite(logits).all()
    assert about["dtype"] == "float32"
    assert (about["tf32"], about["flag.NVIDIA_TF32_OVERRIDE"], about["flag.cudnn.rnn.fp32_precision"]) == (
        "false",
        "0",
        "ieee",
    )
    assert about["device"] == "cpu"
    assert about["positions"] == "40"
    assert int(about["weights_bytes"]) > 500_000
    assert int(about["device_outputs"]) > 20
    assert len(json.loads((tmp_path / "ids.json").read_text())) == 40
    told = json.loads((tmp_path / "probe.json").read_text())
    assert about.items() <= told.items()
    assert len(json.loads((tmp_path / "text.json").read_text())["ids"]) == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_tf32_is_nothing_that_a_cpu_has(torch: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Allowed or not, there float32 is computed as such, and the file says so; on CUDA it says that TF32 was on."""
    assert probe(tmp_path, "--positions", "3", "--tokens", "0", "--tf32") == 0

    about, _ = read(tmp_path)
    assert (about["tf32"], about["flag.matmul.fp32_precision"]) == ("false", "tf32")
    assert "TF32 off" in capfd.readouterr().err
    here = way.Model(torch, None, torch.device("cuda"))
    assert _uses_tf32(here, Namespace(tf32=True))
    assert not _uses_tf32(here, Namespace(tf32=False))
    setting.apply(torch, tf32=False)


@pytest.mark.parametrize("how", ["forward", "incremental"])
def test_an_id_beyond_the_vocabulary_is_a_sentence(
    torch: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    """And no traceback, and no file that looks like a result."""
    (tmp_path / "ids.json").write_text("[1, 512]")

    assert probe(tmp_path / "out", "--ids", str(tmp_path / "ids.json"), "--way", how) == 2

    assert "ids up to 512: index out of range" in capfd.readouterr().err
    assert not (tmp_path / "out" / "logits.safetensors").exists()


def test_the_safetensors_library_reads_the_same(torch: Any, tmp_path: Path) -> None:
    """The file is what others call safetensors, for a precision that numpy does not have, too."""
    library = pytest.importorskip("safetensors.torch", reason="safetensors is not installed; only this look needs it")
    assert probe(tmp_path, "--positions", "5", "--dtype", "bfloat16", "--tokens", "0") == 0

    tensors = library.load_file(tmp_path / "logits.safetensors")

    assert list(tensors) == ["logits"]
    assert str(tensors["logits"].dtype) == "torch.bfloat16"
    assert tensors["logits"].shape == (5, 512)


def test_the_cache_gives_the_same_logits_as_one_pass(torch: Any, tmp_path: Path) -> None:
    """One by one with the cache: another order of sums, and nothing else; the ids are the same."""
    assert probe(tmp_path / "one", "--positions", "20") == 0
    assert probe(tmp_path / "two", "--positions", "20", "--way", "incremental") == 0

    (one, forward), (two, incremental) = read(tmp_path / "one"), read(tmp_path / "two")
    assert one["ids_sha256"] == two["ids_sha256"]
    assert (one["way"], two["way"]) == ("forward", "incremental")
    assert 0 < np.abs(forward - incremental).max() < 1e-4


def test_the_same_call_gives_the_same_bytes(torch: Any, tmp_path: Path) -> None:
    """At one shape the CPU is deterministic, so that one digest tells one result."""
    assert [probe(tmp_path / name, "--positions", "9", "--tokens", "0") for name in "ab"] == [0, 0]

    one, two = ((tmp_path / name / "logits.safetensors").read_bytes() for name in "ab")
    assert one == two


def test_a_real_network_says_the_word(torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The weights of g2p-en, fed with the start alone, pronounce “runner”; the answer stands on stdout."""
    distribution("g2p-en")  # which the set-up installs for its weights
    (tmp_path / "start.json").write_text("[2]")

    assert probe(tmp_path, "--ids", str(tmp_path / "start.json"), model="g2p:make") == 0

    assert json.loads((tmp_path / "text.json").read_text())["ids"] == RUNNER
    out, err = capsys.readouterr()
    assert out.startswith(f"Output:\n{' '.join(map(str, RUNNER))}\n\nCompleted in ")
    assert "\nBackend: CPU (" in err


def test_lower_precision_lowers_weights_and_not_positions(torch: Any) -> None:
    """What a model stores gets the precision; the frequencies that it makes for itself keep theirs, as when loaded."""
    module = __import__("tiny").make()
    module.model.rotary_emb._non_persistent_buffers_set.add("inv_freq")  # noqa: SLF001 - as Hugging Face registers it

    proof.settle(torch, module, torch.device("cpu"), "bfloat16")

    assert {str(one.dtype) for one in module.parameters()} == {"torch.bfloat16"}
    assert str(module.model.rotary_emb.inv_freq.dtype) == "torch.float32"


def test_no_such_device_is_not_a_cpu(torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the device is missing nothing is computed elsewhere, nothing is written, and the status says so."""
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    for name in ("cuda", "cuda:7"):
        assert probe(tmp_path / "out", "--device", name) == 3
        assert f"sees no device {name}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["potato", "cuda:x", "cuda:-1", ""])
def test_what_is_no_device_is_a_slip(torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Another machine would not have it, either: that is said before anything is computed on the others."""
    assert probe(tmp_path / "out", "--device", "cpu", "--device", name) == 2

    said = capsys.readouterr().err
    assert said == f"{name!r} is no device. Name cpu, cuda, or one of several, as cuda:1.\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "least"), [("--positions", 1), ("--tokens", 0)])
def test_a_number_that_is_too_small_is_a_slip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, least: int
) -> None:
    """None is not all of them, and fewer than none are not none: nothing is computed."""
    for word in (str(least - 1), "-7", "many"):
        with pytest.raises(SystemExit) as leaving:
            probe(tmp_path, f"{option}={word}")
        assert leaving.value.code == 2
        assert f"argument {option}: “{word}” is no whole number from {least}\n" in capsys.readouterr().err


def test_two_devices_get_a_folder_each(torch: Any, tmp_path: Path) -> None:
    """Two devices in one call: two folders, named for them."""
    assert probe(tmp_path, "--device", "cpu", "--device", "cpu:0", "--positions", "3", "--tokens", "0") == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["cpu", "cpu-0"]


def test_logits_from_elsewhere_are_refused(torch: Any) -> None:
    """A model that secretly computes on the CPU is found out by where its logits are."""

    class Fallback(torch.nn.Module):  # type: ignore[misc]
        def forward(self, ids: Any) -> Any:
            return torch.zeros(1, ids.shape[1], 4)

    elsewhere = way.Model(torch, Fallback(), torch.device("meta"))

    with pytest.raises(Complaint, match="computed on cpu, and not on meta"):
        list(way.forward(elsewhere, [1, 2]))


FALLBACK = """
import torch

class Part(torch.nn.Module):
    def forward(self, ids, device):
        return {"ids": ids, "hidden": (torch.ones(1, ids.shape[1], 4, device=device),)}

class Net(torch.nn.Module):
    def __init__(self, device, hidden):
        super().__init__()
        self.device, self.weight = device, torch.nn.Parameter(torch.ones(4))
        self.parts = [Part()] if hidden else torch.nn.ModuleList([Part()])

    def forward(self, ids):
        found = self.parts[0](ids, self.device)["hidden"][0]
        if self.device == "meta":
            return torch.zeros(1, ids.shape[1], 4)
        return found.to(ids.device)

class Rest(Net):
    def __init__(self, device, hidden):
        super().__init__(device, hidden)
        self.unused = torch.nn.Linear(1, 1)

def cpu():
    return Net("cpu", False)

def meta():
    return Net("meta", False)

def hidden():
    return Rest("cpu", True)
"""


@pytest.fixture
def fallback(torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Let models that compute elsewhere be found by name, and return the words that feed them."""
    (tmp_path / "fallback.py").write_text(FALLBACK)
    (tmp_path / "ids.json").write_text("[1, 2, 3]")
    monkeypatch.syspath_prepend(str(tmp_path))
    return ("--ids", str(tmp_path / "ids.json"), "--tokens", "0")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (("cpu", "meta"), "Part computed on cpu, and not on meta"),
        (("meta", "cpu"), "Part computed on meta, and not on cpu"),
        (("hidden", "meta"), "no part of the model was seen to compute on meta"),
    ],
)
def test_a_forward_that_computes_elsewhere_is_found_by_its_parts(
    fallback: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], case: tuple[str, str], said: str
) -> None:
    """Its weights are on the device and its logits are brought there; what its parts gave was not: nothing is told."""
    model, device = case

    assert probe(tmp_path / "out", *fallback, "--device", device, model=f"fallback:{model}") == 2

    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_every_tensor_of_a_part_counts(fallback: tuple[str, ...], tmp_path: Path) -> None:
    """In a dictionary, in a tuple of it: two tensors on the device that was asked for, and the label says so."""
    assert probe(tmp_path / "out", *fallback, model="fallback:cpu") == 0

    assert read(tmp_path / "out")[0]["device_outputs"] == "2"


@pytest.mark.parametrize(("taken", "proved"), [(0, False), (4 * 512 - 1, False), (4 * 512, True)])
def test_a_pass_must_take_memory_of_its_own(torch: Any, taken: int, *, proved: bool) -> None:
    """Weights that lie on a GPU are no computation; the peak counts from when they lay there. The GPU is a stand-in."""
    peaks = [500_000]
    cuda = SimpleNamespace(
        synchronize=lambda _: None,
        reset_peak_memory_stats=lambda _: peaks.append(10_000 + taken),
        memory_allocated=lambda _: 10_000,
        max_memory_allocated=lambda _: peaks[-1],
    )
    stand_in: Any = SimpleNamespace(cuda=cuda)
    with proof.Witness(stand_in, torch.nn.Linear(2, 2), SimpleNamespace(type="cuda")) as witness:
        witness.outputs = 1

    if proved:
        assert witness.tell(torch.zeros(3, 512)) == {"device_outputs": "1", "memory_before": "10000"}
    else:
        with pytest.raises(Complaint, match="one row of logits is 2,048"):
            witness.tell(torch.zeros(3, 512))


def test_buffers_count_as_weights(torch: Any) -> None:
    """What a model keeps beside its weights lies on the device, too."""
    module = torch.nn.BatchNorm1d(8)

    assert proof.weigh(module) == 4 * 8 * 4 + 8


def test_a_weight_left_behind_is_refused(torch: Any) -> None:
    """A weight that does not go to the device computes nothing there."""

    class Clinging(torch.nn.Linear):  # type: ignore[misc]
        def to(self, **_: Any) -> Any:
            return self

    with pytest.raises(Complaint, match="2 weights are not on meta, weight for one"):
        proof.settle(torch, Clinging(2, 2), torch.device("meta"), "float32")


def test_what_cannot_be_probed_is_a_sentence(torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong model, wrong ids, too few of them: status 2, one line, and what to do."""
    (tmp_path / "bad.json").write_text('[1, "2"]')
    (tmp_path / "no.json").write_text("[1,")
    (tmp_path / "two.json").write_text("[1, 2]")
    (tmp_path / "large.json").write_text(f"[{1 << 63}]")
    (tmp_path / "empty").mkdir()
    cases = {
        ("nothing.gguf",): "there is no model nothing.gguf. Name a `module:factory`",
        ("nomodule:make",): "nomodule:make gives no model: No module named 'nomodule'. A factory",
        ("json:loads",): "json:loads gives no model: ",
        ("collections:OrderedDict",): "gives a OrderedDict, and no torch module",
        (str(tmp_path / "empty"),): "has no config.json",
        ("tiny:make", "--prompt", "hello"): "tiny:make has no tokenizer. Give the ids with --ids FILE",
        ("tiny:make", "--ids", str(tmp_path / "bad.json")): "are no list of whole numbers",
        ("tiny:make", "--ids", str(tmp_path / "no.json")): "is no JSON",
        ("tiny:make", "--ids", str(tmp_path / "none.json")): "none.json cannot be read: No such file or directory.\n",
        ("tiny:make", "--text", str(tmp_path)): f"{tmp_path} cannot be read: Is a directory.\n",
        ("tiny:make", "--ids", str(tmp_path / "large.json")): "are no list of whole numbers from 0 to 2,147,483,647.\n",
        ("tiny:make", "--chat"): "there is no text to put into the chat template. Give --prompt or --text with --chat.",
        ("tiny:make", "--ids", str(tmp_path / "two.json"), "--positions", "3"): "the text has 2 ids, and 3 positions",
    }
    for (model, *words), sentence in cases.items():
        assert probe(tmp_path / "out", *words, model=model) == 2
        err = capsys.readouterr().err
        assert sentence in err
        assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(
    torch: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file is where the folder should be: status 2, and the file stays as it is."""
    (tmp_path / "out").write_text("mine")

    assert probe(tmp_path / "out", "--positions", "2", "--tokens", "0") == 2

    assert capsys.readouterr().err.endswith("out/logits.safetensors cannot be written: File exists.\n")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("library", ["torch", "transformers"])
def test_a_library_that_is_missing_is_a_sentence(
    torch: Any, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without torch nothing can be probed, without transformers no Hugging Face folder: it says how to get them."""
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, library, None)

    assert probe(tmp_path / "out", model=str(tmp_path)) == 2

    err = capsys.readouterr().err
    assert err.startswith(f"{library} cannot be loaded (")
    assert "pip install" in err


def test_nothing_of_the_harness_loads_torch() -> None:
    """Whoever probes nothing needs no torch: the modules come without it."""
    code = "import sys; import runners.probe.__main__, runners.bench; sys.exit('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0


def test_settings_are_read_back_and_not_believed(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded is what torch has, whoever set it; TF32 counts as off only where nothing can turn it on."""
    setting.apply(torch, tf32=True)
    flags = setting.record(torch)
    assert flags["matmul.fp32_precision"] == "tf32"
    assert setting.uses_tf32(flags)

    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    assert not setting.uses_tf32(setting.record(torch))

    setting.apply(torch, tf32=False)
    monkeypatch.delenv("NVIDIA_TF32_OVERRIDE")
    assert not setting.uses_tf32(setting.record(torch))
