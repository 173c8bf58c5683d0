"""The machine on which legs ran, as facts that a receipt and a page can state."""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence.plain import LEAN


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What is known of a machine; an empty text is not known, and never guessed.

    *gpu* and *driver* are what the vendor's own tool printed, one GPU after the other; *memory* is the most that it
    saw in use of each while the legs ran, where they were to prove a device.
    """

    name: str = ""
    system: str = ""
    cpu: str = ""
    gpu: str = ""
    driver: str = ""
    memory: str = field(default="", metadata=LEAN)

    @property
    def texts(self) -> tuple[str, ...]:
        """All of it, in the order of the fields."""
        return self.name, self.system, self.cpu, self.gpu, self.driver, self.memory
