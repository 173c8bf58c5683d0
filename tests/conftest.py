"""What every story has: GitHub's own descriptions watch each exchange with a sandbox of this process."""

import gc

from tests.oracle.plugin import watch

__all__ = ["watch"]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over modules and stories, which stay anyway: it took a twentieth of the time."""
    gc.collect()
    gc.freeze()
