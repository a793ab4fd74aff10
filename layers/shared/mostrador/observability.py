"""One logger for every function: JSON on standard output, a line for each thing that happened."""

import traceback
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

logger = Logger(use_rfc3339=True)
"""Its time is RFC 3339: of a line with another one Lambda does not know the level, and drops it above INFO."""


def log_late(job: str, lag_seconds: int, *, after: timedelta) -> None:
    """Log an error, which an alarm counts, where a run began so late that its work piles up."""
    if lag_seconds >= after.total_seconds():
        logger.error("run late", job=job, lag_seconds=lag_seconds)


def log_failure(event: str, error: Exception, **where: Any) -> None:
    """Log a failure with its place in the code, but not its message, which may hold personal data."""
    stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error(event, **where, error=type(error).__name__, stack=stack)
