"""The board of a raffle: the picture of all its numbers, each free, reserved or sold, in two bits.

The number ``first_number + i`` is in byte ``i // 4``, shifted left by ``i % 4 * 2``. Its code is the position of its
state in ``NumberState``. A board is stored in chunks of ``CHUNK`` numbers, each of whole bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import compress
from typing import Final

CHUNK: Final = 10_000
"""Numbers of one stored item: 2,500 bytes, which DynamoDB reads for half a unit."""
_PER_BYTE: Final = 4


class NumberState(StrEnum):
    FREE = "free"
    RESERVED = "reserved"
    SOLD = "sold"


_STATES: Final = tuple(NumberState)
_CODES: Final = {state: code for code, state in enumerate(NumberState)}
_UNPACKED: Final = [bytes(byte >> shift & 3 for shift in (0, 2, 4, 6)) for byte in range(256)]
"""Byte -> the four codes in it."""
_IS_FREE: Final = bytes(code == _CODES[NumberState.FREE] for code in range(256))


@dataclass(frozen=True, slots=True)
class Board:
    """The picture of all numbers from ``first_number`` to ``last_number``, both included.

    ``as_of`` is when a change last reached it. ``lag_seconds`` is how long that change took. Both are None before the
    first change.
    """

    first_number: int
    last_number: int
    bits: bytes
    as_of: datetime | None
    lag_seconds: int | None

    @property
    def counts(self) -> dict[NumberState, int]:
        """How many numbers are in each state."""
        codes, ones = (int.from_bytes(octets, "little") for octets in (self.bits, b"\x55" * len(self.bits)))
        reserved, sold = (codes & ones).bit_count(), (codes >> 1 & ones).bit_count()
        numbers = self.last_number - self.first_number + 1
        return {NumberState.FREE: numbers - reserved - sold, NumberState.RESERVED: reserved, NumberState.SOLD: sold}

    def state(self, number: int) -> NumberState:
        """The state of one number."""
        byte, place = divmod(number - self.first_number, _PER_BYTE)
        return _STATES[self.bits[byte] >> 2 * place & 3]

    def free(self) -> list[int]:
        """The free numbers, in order."""
        codes = b"".join(map(_UNPACKED.__getitem__, self.bits))
        return list(compress(range(self.first_number, self.last_number + 1), codes.translate(_IS_FREE)))


def blank(count: int) -> bytes:
    """The bits of ``count`` free numbers."""
    return bytes(-(-count // _PER_BYTE))


def with_states(bits: bytes, states: Mapping[int, NumberState]) -> bytes:
    """``bits`` with other ``states`` at some positions, counted from 0."""
    changed = bytearray(bits)
    for position, state in states.items():
        byte, shift = position // _PER_BYTE, position % _PER_BYTE * 2
        changed[byte] = changed[byte] & ~(3 << shift) | _CODES[state] << shift
    return bytes(changed)


def joined(chunks: Mapping[int, bytes], numbers: range) -> bytes:
    """The bits of all ``numbers`` from their chunks; all numbers of a missing chunk are free."""
    return b"".join(chunks.get(chunk) or blank(len(part)) for chunk, part in chunked(numbers))


def chunked(numbers: range) -> Iterator[tuple[int, range]]:
    """The index of each chunk of a board of ``numbers``, with the numbers in it."""
    return enumerate(windows(numbers, CHUNK))


def windows(numbers: range, size: int) -> Iterator[range]:
    """``numbers`` in consecutive parts of ``size``; the last part may be smaller."""
    return (numbers[begin : begin + size] for begin in range(0, len(numbers), size))


def by_chunk(numbers: Iterable[int], first: int) -> dict[int, list[int]]:
    """Index of a chunk -> those of ``numbers`` that are in it, for a board that begins with the number ``first``."""
    chunks: dict[int, list[int]] = {}
    for number in numbers:
        chunks.setdefault((number - first) // CHUNK, []).append(number)
    return chunks
