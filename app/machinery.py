"""The engine that the operator chose: what runs legs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runners.engine.cluster import Cluster
from runners.engine.kubernetes import Kubernetes, reach
from runners.engine.local import Local
from runners.engine.slurm import Slurm

if TYPE_CHECKING:
    from app.web.settings import Settings


def open_engine(settings: Settings) -> Local | Slurm | Kubernetes:
    """Return what runs legs; each engine has a folder of its own, because a run of one is none of another.

    Raises:
        Complaint: the folder's name is none that Slurm can be told; no pod can run there, or no cluster is to be found;
            the engine needs a package that is not installed.
        OSError: the folder cannot be made.
    """
    if settings.engine == "slurm":
        return Slurm(settings.data / "slurm", Cluster(settings.slurm_gpus, settings.slurm_partition))
    if settings.engine == "kubernetes":
        assert settings.place is not None, "where pods run is read with the engine's name"
        cluster = reach(settings.kubeconfig, settings.place.namespace)
        return Kubernetes(settings.data / "kubernetes", settings.place, cluster)
    return Local(settings.data / "engine", settings.gpu_slots)
