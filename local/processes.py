"""MiniStack starts a process for each request that finds none idle: twenty requests at once, twenty starts.

Two processors are busy with those for half a minute. Here a request waits until one of a function's few processes is
idle. It does not wait for ever, because functions that call one another would then wait for each other.
"""

import time
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from ministack.services import lambda_svc  # type: ignore[import-untyped]

ENOUGH = 4
"""Processes of one function."""
PATIENCE = 20.0
"""Seconds after which a request gets a process of its own after all."""
_start = lambda_svc.acquire_worker


def limit() -> None:
    """Have this process's MiniStack start ``ENOUGH`` processes of a function, and more only where that takes long."""
    lambda_svc.acquire_worker = _acquired


def _acquired(name: str, config: dict[str, Any], code: bytes, qualifier: str = "$LATEST", **more: Any) -> Any:
    key = lambda_runtime._worker_key(name, config, qualifier)
    until = time.monotonic() + PATIENCE
    while _are_all_busy(key) and time.monotonic() < until:
        time.sleep(0.02)
    return _start(name, config, code, qualifier=qualifier, **more)


def _are_all_busy(key: str) -> bool:
    workers = lambda_runtime._workers.get(key, ())
    return len(workers) >= ENOUGH and all(worker.in_use for worker in list(workers))
