"""The ids of our events in Google Calendar. An appointment may have one event in the calendar of each resource."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_OUR_ID: Final = re.compile(r"([0-9a-f]{32})([gh])(0|[1-9a-v][0-9a-v]{0,11})")


class Place(StrEnum):
    """The resource in whose calendar an event is: the appointment's main one, or its second."""

    MAIN = "main"
    SECOND = "second"


_LETTERS: Final = {Place.MAIN: "g", Place.SECOND: "h"}
_PLACES: Final = {letter: place for place, letter in _LETTERS.items()}


class EventName(NamedTuple):
    """The appointment, generation and place that an event id of ours tells."""

    appointment_id: str
    generation: int
    place: Place


def event_id(appointment_id: str, generation: int, place: Place = Place.MAIN) -> str:
    """The id of an event: the appointment's 32 hex digits, the letter of its place, the generation in base32hex.

    A deleted event keeps its id for ever; the next generation is another event. Raises ValueError for no such id.
    """
    made = f"{appointment_id}{_LETTERS[place]}{_base32hex(generation)}" if generation >= 0 else ""
    if not _OUR_ID.fullmatch(made):
        raise ValueError(f"appointment {appointment_id!r} and generation {generation} make no event id")
    return made


def name_of(event_id: str) -> EventName | None:
    """The appointment, generation and place of an event id of ours; None for any other."""
    found = _OUR_ID.fullmatch(event_id)
    return EventName(found[1], int(found[3], 32), _PLACES[found[2]]) if found else None


def _base32hex(number: int) -> str:
    rest, digit = divmod(number, 32)
    return (_base32hex(rest) if rest else "") + _DIGITS[digit]
