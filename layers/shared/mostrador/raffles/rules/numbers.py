"""The numbers that one order of a raffle may ask for."""

from collections.abc import Sequence

from mostrador.errors import Invalid
from mostrador.values.next_actions import NextAction


class NumberOutside(Invalid):
    code = "number_outside"
    en = "number {value} is outside {first}-{last}"
    es = "el número {value} no está entre {first} y {last}"
    next_action = NextAction.CHOOSE_OTHER_NUMBERS


class NumberTwice(Invalid):
    code = "number_twice"
    en = "number {value} is there twice"
    es = "el número {value} está dos veces"


class TooManyNumbers(Invalid):
    code = "too_many_numbers"
    en = "{value} numbers are too many: an order takes at most {limit}"
    es = "{value} números son demasiados: una orden admite {limit} como máximo"
    next_action = NextAction.ASK_FOR_FEWER


def check_numbers(numbers: Sequence[int], first: int, last: int) -> None:
    """Raise NumberOutside or NumberTwice for the first number that is not the raffle's or is repeated."""
    seen = set[int]()
    for place, number in enumerate(numbers):
        field = f"body.numbers.{place}"
        if not first <= number <= last:
            raise NumberOutside(field=field, value=number, first=first, last=last)
        if number in seen:
            raise NumberTwice(field=field, value=number)
        seen.add(number)


def check_count(count: int, most: int, *, field: str) -> None:
    """Raise TooManyNumbers where an order would have more than ``most``."""
    if count > most:
        raise TooManyNumbers(field=field, value=count, limit=most)
