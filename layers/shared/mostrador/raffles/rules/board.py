"""The picture of a raffle's numbers, free, reserved or sold, in two bits each.

The number ``first_number + place`` is in byte ``place // 4``, shifted left by ``place % 4 * 2``; its code is the place
of its state in ``State``. Pictures are kept in chunks of ``CHUNK`` numbers, that each fill whole bytes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
_OPENED: Final = [bytes(byte >> shift & 3 for shift in (0, 2, 4, 6)) for byte in range(256)]
"""Byte -> the four codes in it."""
_IS_FREE: Final = bytes(code == _CODES[NumberState.FREE] for code in range(256))

Sample = Callable[[Sequence[int], int], list[int]]
"""So many of a sequence, each choice as likely as any other: ``random.Random(...).sample``."""


@dataclass(frozen=True, slots=True)
class Board:
    """The picture of all numbers from ``first_number`` to ``last_number``, both included.

    ``as_of`` is when a change last reached it, ``lag_seconds`` how long that change was under way; None as long as no
    change did.
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
        """The state of one number of the picture."""
        byte, place = divmod(number - self.first_number, _PER_BYTE)
        return _STATES[self.bits[byte] >> 2 * place & 3]

    def free(self) -> list[int]:
        """The free numbers, in order."""
        codes = b"".join(map(_OPENED.__getitem__, self.bits))
        return list(compress(range(self.first_number, self.last_number + 1), codes.translate(_IS_FREE)))


def picked(board: Board, count: int, sample: Sample, *, without: Collection[int] = ()) -> list[int]:
    """``count`` free numbers at random, in order, or as many as there are; none of ``without``."""
    free = board.free()
    if without:
        free = [number for number in free if number not in without]
    return sorted(sample(free, min(count, len(free))))


def blank(numbers: int) -> bytes:
    """A picture of so many free numbers."""
    return bytes(-(-numbers // _PER_BYTE))


def marked(bits: bytes, states: Mapping[int, NumberState]) -> bytes:
    """The picture ``bits`` with the ``states`` of some places."""
    changed = bytearray(bits)
    for place, state in states.items():
        byte, shift = place // _PER_BYTE, place % _PER_BYTE * 2
        changed[byte] = changed[byte] & ~(3 << shift) | _CODES[state] << shift
    return bytes(changed)


def joined(chunks: Mapping[int, bytes], numbers: range) -> bytes:
    """One picture of all ``numbers`` out of its chunks; a chunk that is not there has only free numbers."""
    return b"".join(chunks.get(chunk) or blank(len(part)) for chunk, part in chunked(numbers))


def chunked(numbers: range) -> Iterator[tuple[int, range]]:
    """The chunks of a picture of ``numbers``, each with those of them that it has."""
    return enumerate(windows(numbers, CHUNK))


def windows(numbers: range, size: int) -> Iterator[range]:
    """``numbers`` in parts of ``size``, the last as long as they last."""
    return (numbers[begin : begin + size] for begin in range(0, len(numbers), size))


def by_chunk(numbers: Iterable[int], first: int) -> dict[int, list[int]]:
    """Some numbers of a picture that begins with the number ``first``, under the chunk that has them."""
    found: dict[int, list[int]] = {}
    for number in numbers:
        found.setdefault((number - first) // CHUNK, []).append(number)
    return found
