"""`python -m app.sandbox`: a sandbox in a process of its own; prints its url as JSON, ends with its standard input."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.sandbox.sandbox import Sandbox


def main() -> None:
    """Serve until standard input ends, so that no sandbox outlives who started it."""
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the repositories go; a temporary folder otherwise")
    parser.add_argument("--port", type=int, default=0, help="the port; any free one otherwise")
    given = parser.parse_args()
    with Sandbox(given.folder, port=given.port) as sandbox:
        print(json.dumps({"url": sandbox.url}), flush=True)  # noqa: T201 - who started it reads this line
        sys.stdin.read()


if __name__ == "__main__":
    main()
