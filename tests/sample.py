"""What the bench measures on: the real documents, or as many of the same sizes, grown from the example."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from spec.document import read as read_spec

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
EXAMPLE = ROOT / "examples" / "g2p"
SPEC = "docs/specifications/g2p-spec.md"
"""Where the example keeps its spec."""
SPEC_SIZE, LARGE_SIZE, USUAL_SIZE = 556_205, 112_246, 7_000
"""How many characters grown documents have: the real spec's, the real large contract's, a usual contract's."""
COPIES, BANNER_SHARE = 200, 0.3
"""How many sections a grown spec gets, and which share of its growth its banners take, as in the real one."""
SENTENCE = (
    "The gate in `src/gate.rs` ran again on **16 prompts**, see [a run](https://example.org/run); it stayed (§12). "
)
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    **{f"GIT_CONFIG_{scope}": os.devnull for scope in ("GLOBAL", "SYSTEM")},
    **{f"GIT_{role}_NAME": "A Bencher" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "bench@example.org" for role in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True, slots=True)
class Documents:
    """What is measured on; *logs* are those of the legs `default` and `no-gpu`, None where there are none."""

    contracts: tuple[tuple[str, str], ...]
    large: str
    flagship: str
    spec: str
    logs: tuple[str, str] | None
    origin: str


def find_documents() -> Documents:
    """Return the real documents, or grown ones for whoever has no corpus."""
    return read_corpus(CORPUS) if CORPUS.is_dir() else grow_documents()


def read_corpus(corpus: Path) -> Documents:
    """Return the real documents; the spec is grown from the real one's shape in small."""
    folders = (corpus / "provable-contracts" / "contracts", corpus / "ccpa" / "contract")
    paths = [path for folder in folders for path in sorted(folder.rglob("*.yaml"))]
    seed = corpus / "aprender"
    return Documents(
        contracts=tuple((path.relative_to(corpus).as_posix(), read_text(path)) for path in paths),
        large=read_text(corpus / "ccpa/contract/v1.22.0.yaml"),
        flagship=read_text(seed / "apr-cpu-vs-gpu-output-parity-v1.yaml"),
        spec=grow_spec(read_text(seed / "ship-two-models-spec.md"), SPEC_SIZE),
        logs=(read_text(seed / "wgpu-smoke.log"), read_text(seed / "no-gpu-smoke.log")),
        origin="the real contracts and logs, and a spec grown from the shape of the real one",
    )


def grow_documents() -> Documents:
    """Return as many documents with about as many characters and values, grown from the example."""
    flagship, small = (read_text(path) for path in sorted((EXAMPLE / "contracts").glob("*.yaml")))
    usual = grow_contract(small, "FALSIFY-G2P-LEX-004", USUAL_SIZE)
    large = grow_contract(flagship, "FALSIFY-CPU-GPU-001", LARGE_SIZE)
    contracts = tuple((f"contract-{n}-v1.yaml", text) for n, text in enumerate((usual,) * 92 + (large,) * 5))
    spec = grow_spec(read_text(EXAMPLE / SPEC), SPEC_SIZE)
    return Documents(contracts, large, flagship, spec, None, "contracts and a spec grown from the example")


def read_text(path: Path) -> str:
    """Return a file as it stands, line ends and all."""
    return path.read_bytes().decode("utf-8")


def grow_contract(text: str, id_: str, size: int) -> str:
    """Return *text* with the falsifier *id_* again and again, under new ids, up to about *size* characters."""
    before, mark, rest = text.partition(f"- id: {id_}\n")
    block = rest.partition("\n\n")[0]
    count = (size - len(text)) // len(f"{mark}{block}-001\n\n")
    copies = (f"- id: {id_}-{n:03}\n{block}\n\n" for n in range(1, count + 1))
    return "".join((before, *copies, mark, rest))


def grow_spec(text: str, size: int, copies: int = COPIES) -> str:
    """Return *text* with its oldest section and banner *copies* times more, newest first, *size* characters long."""
    spec = read_spec(text)
    newest, old, oldest = spec.newest, spec.sections[-1], spec.banners[-1]
    assert newest is not None
    banner, section = text[oldest.start : oldest.end] + " ", text[old.start : old.stop].rstrip() + "\n\n"
    room, rest = divmod(size - len(text), copies)
    width = int(room * BANNER_SHARE)
    numbers = [str(newest.number + n) for n in range(copies, 0, -1)]
    banners = [f"{_lengthen(banner.replace(str(old.number), n), width - 1)}\n" for n in numbers]
    sections = [f"{_lengthen(section.replace(str(old.number), n), room - width - 7)}\n\n---\n\n" for n in numbers]
    top, at = spec.banners[0].start, newest.start
    return "".join((text[:top], "." * (rest - 1) + "\n" * bool(rest), *banners, text[top:at], *sections, text[at:]))


def _lengthen(text: str, length: int) -> str:
    return f"{text}{SENTENCE * ((length - len(text)) // len(SENTENCE))}".ljust(length, ".")


def commit(folder: Path, message: str) -> None:
    """Commit everything in *folder*, which becomes a repository if it is none."""
    first = () if (folder / ".git").exists() else (("init", "--quiet", "--initial-branch=main"),)
    for args in (*first, ("add", "--all"), ("commit", "--quiet", "-m", message)):
        subprocess.run(["git", *args], cwd=folder, env=ENVIRONMENT, check=True)


def make_listed(folder: Path, documents: Documents) -> Path:
    """Make a repository of all contracts."""
    for name, text in documents.contracts:
        path = folder / "contracts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    commit(folder, "Start")
    return folder


def make_landed(folder: Path, documents: Documents) -> Path:
    """Make a repository of the example with the large spec, in which the example's three pull requests have landed."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("landings", "__pycache__"))
    (folder / SPEC).write_text(documents.spec, encoding="utf-8", newline="")
    commit(folder, "Start")
    for landing in sorted((EXAMPLE / "landings").iterdir()):
        shutil.copytree(landing, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("message.txt"))
        commit(folder, read_text(landing / "message.txt"))
    return folder


def make_wide(folder: Path, text: str, contracts: int = 5400, evidence: int = 3700) -> Path:
    """Make a repository of so many contract paths and evidence files, in which one contract changed at last.

    git takes it all in as one stream: writing as many files would take a minute.
    """
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], env=ENVIRONMENT, check=True)
    files = {f"contracts/f{n // 100}/x-{n}-v1.yaml": f"{text}# {n}\n" for n in range(contracts)}
    files |= {f"evidence/x-{n // 3}-live/{'abc'[n % 3]}.log": f"a log {n}\n" for n in range(evidence)}
    files[".github/discharge.yml"] = 'version: 1\ncontracts: ["contracts/**/*.yaml"]\n'
    touched = {"contracts/f0/x-7-v1.yaml": f"{text}# evidence/x-9-live/a.log\n"}
    stream = "".join((_import("Start", files), _import("Touch one", touched)))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream.encode(), env=ENVIRONMENT, check=True)
    return folder


def _import(message: str, files: dict[str, str]) -> str:
    """Return one commit of `git fast-import`'s stream."""
    head = f"commit refs/heads/main\ncommitter A Bencher <bench@example.org> 1777900000 +0000\n{_data(message)}"
    return head + "".join(f"M 100644 inline {path}\n{_data(text)}" for path, text in files.items())


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
