"""Attempts at a write that others are in the way of, with pauses in between."""

import random
import time
from collections.abc import Iterator


def attempts(seconds: float = 5.0, most: int = 40, longest: float = 0.4) -> Iterator[int]:
    """Numbers of attempts from 0, with pauses in between that grow to ``longest`` seconds.

    They end after ``seconds`` or ``most`` attempts, so that the answer comes well within a function's 10 s.
    """
    deadline = time.monotonic() + seconds
    for attempt in range(most):
        yield attempt
        if time.monotonic() > deadline:
            return
        pause(attempt, longest)


def pause(attempt: int, longest: float) -> None:
    """Wait before try number ``attempt`` (from 0) is repeated: full jitter, at most ``longest`` seconds."""
    time.sleep(random.uniform(0, min(longest, 0.01 * 2**attempt)))  # noqa: S311 - not a secret
