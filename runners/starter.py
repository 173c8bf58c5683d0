"""`python -I -m runners.starter FILE PROGRAM`: become a GitHub Actions runner that takes one job.

FILE holds what GitHub made for this one runner. Whoever has it can be that runner, so that it stands in no command
line and in no log: it is read, the file is removed, and the program finds it in its environment. A file that is not
there any more was used before, and nothing is started.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from contracts.error import Unreadable
from runners import file

VARIABLE = "ACTIONS_RUNNER_INPUT_JITCONFIG"
"""Where the program of GitHub's runner looks for `--jitconfig`."""
LONGEST = 256 << 10
"""The largest configuration, in bytes; a variable cannot hold much more."""
USAGE, ABSENT = 2, 3
"""The exit statuses, should the program not start: no such words, no such file or program."""


def main(words: list[str]) -> int:
    """Become the program; return an exit status only if that cannot be.

    Args:
        words: the file, the program's path, and the program's arguments.
    """
    if len(words) < 2 or not words[1].startswith("/"):  # noqa: PLR2004 - a file and a program
        return _say("usage: python -I -m runners.starter FILE PROGRAM [ARGUMENT…]", USAGE)
    path, program = Path(words[0]), words[1]
    try:
        secret = file.read(path, LONGEST, own=True).decode("ascii").strip()
        path.unlink()
        if not secret or not secret.isprintable():  # a NUL stands in no environment
            return _say(f"the configuration of the runner is {'none' if secret else 'empty'}", ABSENT)
        os.execve(program, words[1:], {**os.environ, VARIABLE: secret})  # noqa: S606 - the operator's own program
    except Unreadable as complaint:
        gone = "is not there: it was used before, or taken back"
        why = f"is not taken: {complaint.what}" if os.path.lexists(path) else gone
        return _say(f"the configuration of the runner {why}", ABSENT)
    except UnicodeDecodeError:
        return _say("the configuration of the runner is none", ABSENT)
    except OSError as error:
        return _say(f"the runner cannot be started: {error.strerror}", ABSENT)


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
