"""Packs one file and hands it to the sandbox as an artifact of the run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.sandbox.remote import Remote
from tests.peers.standin import pack

path, given = Path(os.environ["FILE"]), os.environ
if not path.is_file():
    sys.exit(f"No files were found with the provided path: {path}")
place = (given["GITHUB_REPOSITORY"], int(given["GITHUB_RUN_ID"]), given["NAME"])
Remote(given["GITHUB_SERVER_URL"]).upload(*place, pack(path.name, path.read_bytes()), int(given["DAYS"]))
