"""A burst of requests shares the few processes of a function; nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from ministack.core import lambda_runtime  # type: ignore[import-untyped]

from local import processes

CONFIG = {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}


@pytest.fixture
def pool(monkeypatch):
    """The processes of function f, as MiniStack keeps them: one is started where none is idle."""
    workers, guard = [], threading.Lock()

    def start(name, config, code, **_):
        with guard:
            idle = [one for one in workers if not one.in_use]
            if not idle:
                workers.append(SimpleNamespace(in_use=False))
            worker = idle[0] if idle else workers[-1]
            worker.in_use = True
            return worker, "started"

    monkeypatch.setattr(processes, "_start", start)
    monkeypatch.setitem(lambda_runtime._workers, lambda_runtime._worker_key("f", CONFIG, "$LATEST"), workers)
    return workers


def acquired():
    worker, _ = processes._acquired("f", CONFIG, b"")
    return worker


def test_as_many_as_are_enough_start_at_once(pool):
    assert len({id(acquired()) for _ in range(processes.ENOUGH)}) == processes.ENOUGH


def test_who_comes_later_gets_the_process_that_is_idle_first(pool):
    first = [acquired() for _ in range(processes.ENOUGH)]
    with ThreadPoolExecutor(1) as others:
        waiting = others.submit(acquired)
        assert not waiting.done()
        first[2].in_use = False

        assert waiting.result(10) is first[2]
    assert len(pool) == processes.ENOUGH


def test_who_has_waited_for_long_gets_a_process_of_its_own(pool, monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE", 0.1)
    for _ in range(processes.ENOUGH):
        acquired()

    assert acquired()
    assert len(pool) == processes.ENOUGH + 1


def test_ministack_is_still_as_it_is_changed_here():
    """An upgrade that moves one of these names fails here, and not in a journey."""
    from ministack.services import lambda_svc  # type: ignore[import-untyped]

    assert lambda_svc.acquire_worker is processes._start
    assert lambda_runtime.Worker._spawn.__code__.co_names.count("zipfile") == 1
    assert isinstance(lambda_runtime._workers, dict)
