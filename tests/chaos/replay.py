"""A local engine that measures every run once, and says the same of it ever after.

What a leg took is measured in seconds, and no two measurements are alike. So that two plays of one story can be
compared byte for byte, the first one really runs its legs, and the bundle that came of it is kept; whoever asks for
the same run again gets that bundle. The engine's own storage, locks and states are those of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runners import file
from runners.engine.local import Local

if TYPE_CHECKING:
    from pathlib import Path

    from runners.engine.folder import Folder


class Replay(Local):
    """See `Local`; *records* is the folder with the bundles that were really measured."""

    def __init__(self, folder: Path, slots: int, *, records: Path) -> None:
        """Take the runs below *folder*."""
        super().__init__(folder, slots)
        self._records = records
        records.mkdir(parents=True, exist_ok=True)

    def collect(self, run: str) -> bytes:
        """Return a run's bundle, and keep it."""
        bundle = super().collect(run)
        file.write(self._record(run), bundle)
        return bundle

    def _record(self, run: str) -> Path:
        """Return where a run's bundle is kept: two stories can have runs of one name, of different commits."""
        return self._records / f"{run}-{self.job(run).commit}"

    def _begin(self, folder: Folder) -> None:
        """Start the process of a run, unless it is known what comes of it."""
        record = self._record(folder.run)
        if record.exists():
            file.write(folder.path / "bundle.json", record.read_bytes())
        else:
            super()._begin(folder)
