"""The body of an answer over HTTP, bounded in length and in time.

A time-out of urllib3's is for each read, so a body that comes in drips would never time out. Status and headers, which
come before the body, have no such bound.
"""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final

import urllib3

WITHIN: Final = 5.0
"""Seconds that a body may take once it has begun; after them one last piece may still be waited for."""


class TooSlow(urllib3.exceptions.HTTPError):
    """The answer began in time and did not end."""


def read(answer: urllib3.BaseHTTPResponse, largest: int) -> bytes:
    """The raw body, or a first part of it that is longer than ``largest`` bytes.

    It is read to its end, where a lost connection shows. Raises what urllib3 does, TooSlow.
    """
    return joined(_pieces(answer, largest), largest)


def joined(pieces: Iterable[bytes], largest: int) -> bytes:
    """The pieces of a body together; no more of them once they are longer than ``largest``. Raises TooSlow."""
    began, body = monotonic(), b""
    for piece in pieces:
        body += piece
        if len(body) > largest:
            break
        if monotonic() - began > WITHIN:
            raise TooSlow(f"{len(body)} bytes in {WITHIN} s")
    return body


def _pieces(answer: urllib3.BaseHTTPResponse, largest: int) -> Iterator[bytes]:
    while piece := answer.read1(largest + 1, decode_content=False):
        yield piece
