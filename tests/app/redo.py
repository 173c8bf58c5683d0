"""Writing a restored case anew, and signing it, as the App does when main moved under an open discharge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.discharge import Terms, draft
from app.dossier import lay
from app.ledger import read_chain
from app.workspace import open_workspace
from evidence.envelope import seal
from evidence.receipt import is_receipt
from evidence.signer import read as read_signer
from tests.app.stage import CONFIG, CONTRACT_PATH, FOLDER

if TYPE_CHECKING:
    from app.dossier import Case
    from app.workspace import Workspace
    from tests.app.stage import Stage


def _write(seed: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


PEM = _write("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""The first key of RFC 8032, section 7.1: as public as a private key can be."""
KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
STRANGER = _write("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
STRANGERS = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
"""The second key there, private and public."""
KEYED = f'{CONFIG}keys: ["{KEY}"]\n'


def workspace_of(stage: Stage) -> Workspace:
    """Return main as it stands."""
    return open_workspace(stage.repo.folder)


def redo(
    workspace: Workspace, case: Case, standing: frozenset[str], folder: str = FOLDER, base: str = ""
) -> dict[str, bytes]:
    """Return every file that the case's discharge writes on top of *standing*, the files of *base* (main)."""
    config = workspace.configured.config
    terms = Terms(
        ladder=config.ladder,
        policy=config.floor,
        chain=read_chain(workspace, case.contract.path, base or workspace.commit),
        ships=(),
        date=case.date,
        how=case.how,
        folder=folder,
        joined=f"{folder}/findings.md" in standing,
        reused=tuple((seen.leg, seen.source) for seen in case.seen(()) if seen.origin == "reused"),
    )
    made = draft(case.document, case.verdicts, terms)
    files = lay(case, made, config.ladder, folder, standing)
    return {**({case.contract.path: made.amended.text.encode()} if made else {}), **files}


def sign(files: dict[str, bytes], pem: str = PEM) -> dict[str, bytes]:
    """Return the files with an envelope for each receipt."""
    receipts = [path for path in files if is_receipt(path)]
    return files | dict(seal(path, files[path], files[CONTRACT_PATH], read_signer(pem)) for path in receipts)


def discharge_signed(stage: Stage, case: Case) -> dict[str, bytes]:
    """Write a case as the app's own, signed, on a branch of its own that is checked out; return what was written."""
    workspace = workspace_of(stage)
    files = sign(redo(workspace, replace(case, judged_by="app"), frozenset(workspace.paths)))
    stage.repo.git("checkout", "--quiet", "-B", "signed", "main")
    stage.repo.commit("discharge, signed", dict(files))
    return files
