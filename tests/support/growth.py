"""How the time of a call grows with its input, with what makes patterns and loops slow."""

from collections.abc import Callable
from time import process_time

SMALL = 12_000
TIMES = 4
MOST = 5
NOISE = 0.004
"""Seconds that a short call may be late."""
_TRIES = 3
HARD = (
    "a",
    "aError",
    "1",
    "0aA",
    " ",
    "a ",
    "\n",
    "\t",
    "-",
    ";\t",
    "=\n",
    ".",
    "@",
    "a@",
    "#",
    "_",
    "%41",
    "\u0316\u0301",
    "a\u0301\u0301",
    "\u200d",
    "😀\u200d",
    "\ufeff",
    "ñ",
    "\\",
    '"',
)
"""Pieces of inputs: repeated, each was slow in some parser."""


def filled(piece: str, size: int) -> str:
    """``piece`` over and over, of ``size`` characters, between two letters that no trimming removes."""
    return "x" + (piece * (size // len(piece) + 1))[:size] + "x"


def is_linear(run: Callable[[str], object], piece: str, small: int = SMALL) -> bool:
    """Whether four times the input takes at most five times the CPU; the best of some tries counts."""
    short, long = filled(piece, small), filled(piece, TIMES * small)
    return any(_took(run, long) <= MOST * _took(run, short) + NOISE for _ in range(_TRIES))


def _took(run: Callable[[str], object], text: str) -> float:
    before = process_time()
    run(text)
    return process_time() - before
