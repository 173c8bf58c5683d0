"""GitHub's own client for Node passes a short story on the sandbox: it is not shaped to PyGithub alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox.sandbox import Sandbox
from tests.oracle import npm, plugin

if TYPE_CHECKING:
    from tests.oracle.watch import Watch

HERE = Path(__file__).parent
watch = plugin.watch
modules = npm.modules


def test_octokit_tells_a_short_story(modules: Path, tmp_path: Path, watch: Watch) -> None:
    """An installation's token, two pages, a comment, a check run, a signed commit, refusals, a merge."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = tmp_path / "key.pem"
    kind = serialization.PrivateFormat.PKCS8
    pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    with Sandbox(tmp_path / "sandbox") as sandbox:
        sandbox.repository("acme/speak", {"README.md": "# speak\n"})
        sandbox.app("discharge", key.public_key())
        sandbox.install("discharge", "acme")
        for branch in ("topic", "other"):
            sandbox.open_pull("acme/speak", branch, files={f"{branch}.md": "x\n"})
        done = subprocess.run(
            ["node", str(HERE / "second.mjs")],
            env={
                "PATH": os.environ["PATH"],
                "SANDBOX_URL": sandbox.url,
                "APP_ID": str(next(iter(sandbox.world.apps))),
                "APP_KEY": str(pem),
                "INSTALLATION_ID": str(next(iter(sandbox.world.installations))),
                "MODULES": str(modules),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        unserved = sandbox.unserved()
        pull = sandbox.world.repository("acme/speak").pulls[0]

    assert unserved == []
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert pull.landed == told["merged"]
    assert [comment.id for comment in pull.comments] == [told["comment"]]
    assert watch.seen >= 15
