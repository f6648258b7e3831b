"""The same work in this process, in several, or on Ray: whichever it is, the same numbers in the same order.

Each piece of work keys its own randomness, so neither the number of workers nor their speed can change what comes out.
Ray is for several machines, each with Isotone installed: on one it costs half a gigabyte and wins nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from device.errors import SystemMissingError

Work = TypeVar("Work")
Done = TypeVar("Done")
LOCAL = "local"
"""Stands for a Ray of its own on this machine."""
IN_FLIGHT = 4
"""Pieces of work that wait with each worker of Ray, so that it never idles and results do not pile up."""


class Workers(NamedTuple):
    """Who does the work."""

    jobs: int = 1
    ray: str | None = None
    """Address of a Ray cluster, `LOCAL`, or None for processes of this machine."""


def each(do: Callable[[Work], Done], pieces: Sequence[Work], workers: Workers) -> Iterator[Done]:
    """`do` for each piece, in their order; `do` is a function of a module, and the pieces can be pickled.

    Raises:
        SystemMissingError: Ray is asked for and is not installed, or cannot be reached.
    """
    with crew(workers) as work:
        yield from work(do, pieces)


@contextmanager
def crew(workers: Workers) -> Iterator[Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]]:
    """The same for more than one round of work: `work(do, pieces)`.

    Raises:
        SystemMissingError: as `each`.
    """
    if workers.ray is not None:
        with _ray(workers) as ray:
            yield partial(_on_ray, ray)
    elif workers.jobs <= 1:
        yield map
    else:
        with ProcessPoolExecutor(workers.jobs, multiprocessing.get_context("spawn")) as pool:
            yield pool.map


def _on_ray(ray: Any, do: Callable[[Any], Any], pieces: Sequence[Any]) -> Iterator[Any]:
    remote = ray.remote(num_cpus=1)(do)
    waiting: deque[Any] = deque()
    most = IN_FLIGHT * max(1, int(ray.cluster_resources().get("CPU", 1)))
    for piece in pieces:
        waiting.append(remote.remote(piece))
        if len(waiting) >= most:
            yield ray.get(waiting.popleft())
    while waiting:
        yield ray.get(waiting.popleft())


@contextmanager
def _ray(workers: Workers) -> Iterator[Any]:
    try:
        import ray  # noqa: PLC0415 - 600 MB that only those with several machines have
    except ImportError as error:
        raise SystemMissingError("Ray is not installed.", "Install the extra `ray`, or leave out --ray.") from error
    own: dict[str, Any] = {"num_cpus": workers.jobs, "include_dashboard": False}
    where = own if workers.ray == LOCAL else {"address": workers.ray}
    paths = os.pathsep.join(str(Path(path).resolve()) for path in sys.path)
    environment = {"env_vars": {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}}
    try:
        ray.init(**where, log_to_driver=False, logging_level="error", runtime_env=environment)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SystemMissingError(
            f"There is no Ray at {workers.ray}: {error}.", "Give the address of its head node."
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
