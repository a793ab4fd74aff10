"""The parts of Bancard's messages that may be stored, logged or shown: no secrets, nothing of card or person."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, TypeGuard

HIDDEN: Final = "***"
_LONGEST: Final = 100
_MOST_READ: Final = 1000
"""Characters of a text that are looked at: what is shown of it has at most a tenth of them."""
_MOST_KEYS: Final = 40
_LARGEST_ID: Final = 10**19
# Tokens and public keys have 32 characters, private keys 40. Some message keys are as long; they end in Error.
# Each run is read once: no part of the pattern may look ahead over a run, which would make it quadratic.
_LONG_RUN: Final = re.compile(r"[0-9A-Za-z]{32,}+(?P<end>\b)?")
_SECRET: Final = re.compile(
    "token|key|secret|passw|alias|card|cvv|cvc|expir|holder|phone|mail|address|security_code"
    "|(^|_)(ci|ip|ruc|pan|pin|cell|name|surname|document)(_|$)",
    re.IGNORECASE,
)
_NESTED: Final = frozenset("operation confirmation security_information messages".split())
_FIRST: Final = frozenset(
    "operation confirmation shop_process_id response response_code amount currency ticket_number".split()
)


def masked(raw: object) -> dict[str, object]:
    """The parts of a message that may be stored and logged: no token, no key, nothing of the card or the person.

    At most 40 keys in all and 100 characters in each; nested parts only under the known keys.
    """
    return _masked(raw, iter(range(_MOST_KEYS))) if isinstance(raw, Mapping) else {}


def is_id(value: object) -> TypeGuard[int]:
    """Whether it is an integer of at most 19 digits."""
    return isinstance(value, int) and abs(value) < _LARGEST_ID


def _masked(raw: Mapping[object, object], room: Iterator[int]) -> dict[str, object]:
    """The message without secrets; each key takes one of the places that ``room`` has left."""
    kept: dict[str, object] = {}
    for key in sorted(map(str, raw), key=lambda key: key not in _FIRST):
        if next(room, None) is None:
            break
        kept[shown(key)] = _kept(key, raw.get(key), room)
    return kept


def _kept(key: str, value: object, room: Iterator[int]) -> object:
    if key in _NESTED and isinstance(value, Mapping):
        return _masked(value, room)
    if key in _NESTED and isinstance(value, list):
        return [_masked(part, room) for part in value[:5] if isinstance(part, Mapping)]
    if _SECRET.search(key) and key != "key":  # a message's "key" names its error
        return HIDDEN
    return _kept_value(value)


def _kept_value(value: object) -> object:
    if value is None or is_id(value):
        return value
    if isinstance(value, str | float | Decimal):
        return shown(str(value))
    return f"({type(value).__name__})"


def shown(text: str) -> str:
    """At most 100 characters of ``text``, without secrets. It is cut before it is searched."""
    return _LONG_RUN.sub(_hidden, printable(text[:_MOST_READ]))[:_LONGEST]


def _hidden(run: re.Match[str]) -> str:
    """A long run of letters and digits is a secret, but for the key of an error."""
    is_key = run["end"] is not None and run[0].isalpha() and run[0].endswith("Error")
    return run[0] if is_key else HIDDEN


def printable(text: str) -> str:
    """``text`` without control characters and halves of surrogate pairs, which break logs and the table."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
