"""What our logger writes, every line of it as it leaves the function, whatever level the tests run with."""

import io
import json
import logging
from contextlib import contextmanager

from mostrador.observability import logger


class Written:
    def __init__(self):
        self.stream = io.StringIO()

    @property
    def text(self):
        return self.stream.getvalue()

    def lines(self, level=None):
        """Each line as it was meant, or those of one level."""
        told = [json.loads(line) for line in self.text.splitlines()]
        return [one for one in told if level in (None, one["level"])]


@contextmanager
def written():
    """Everything from DEBUG up that is logged inside the block."""
    seen, before = Written(), logger.log_level
    handler = logging.StreamHandler(seen.stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    logger.setLevel("DEBUG")
    try:
        yield seen
    finally:
        logger.setLevel(before)
        logger._logger.removeHandler(handler)
