"""What every story has: GitHub's own descriptions watch each exchange with a sandbox of this process."""

from tests.oracle.plugin import watch

__all__ = ["watch"]
