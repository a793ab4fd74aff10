"""The body of an answer over HTTP, bounded in length and in time.

A time-out of urllib3's is one of each read, so a body that drips would be waited for as long as it likes. What comes
before the body, status and headers, still may.
"""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final

import urllib3

WITHIN: Final = 5.0
"""Seconds that a body may take once it has begun; the last piece may then be waited for once more."""


class TooSlow(urllib3.exceptions.HTTPError):
    """The answer began in time and did not end."""


def read(answer: urllib3.BaseHTTPResponse, largest: int) -> bytes:
    """The raw body, or as much as shows that it has more than ``largest`` bytes.

    To the end, where a lost connection comes to light. Raises what urllib3 does, TooSlow.
    """
    return joined(_as_they_come(answer, largest), largest)


def joined(pieces: Iterable[bytes], largest: int) -> bytes:
    """Pieces of a body, all of them or as many as show that they are too long. Raises TooSlow."""
    began, body = monotonic(), b""
    for piece in pieces:
        body += piece
        if len(body) > largest:
            break
        if monotonic() - began > WITHIN:
            raise TooSlow(f"{len(body)} bytes in {WITHIN} s")
    return body


def _as_they_come(answer: urllib3.BaseHTTPResponse, largest: int) -> Iterator[bytes]:
    while piece := answer.read1(largest + 1, decode_content=False):
        yield piece
