"""A Dask cluster as the executor: DGM_CLUSTER is the address of its scheduler."""

from concurrent.futures import Executor

from dgm.jobs.executors import set_capacity


def connect(address: str, workers: int | None = None) -> Executor:
    """An executor that sends its work to the Dask scheduler at `address`, e.g. "tcp://host:8786".

    workers: how many chunks at once; None: as many as the cluster has threads at this moment, at least one.
    ImportError with the remedy when the package distributed is missing, OSError when no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(
            f"DGM_CLUSTER is {address!r} but the package distributed is missing: "
            "install it with pip install distributed, or unset DGM_CLUSTER to train on this machine"
        ) from error
    client = Client(address)
    pool: Executor = client.get_executor(pure=False)
    set_capacity(pool, workers or max(1, sum(client.nthreads().values())))
    return pool
