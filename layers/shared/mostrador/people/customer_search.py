"""The search for a customer by a part of the name or of the phone."""

from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Final

from mostrador.table import Condition
from mostrador.table.items.people import Customer
from mostrador.values.phones import BadPhone, common_digits, normalised
from mostrador.values.text import folded, folded_before

_FEWEST_DIGITS: Final = 3
_WHOLE_NUMBER: Final = 8


def matching(q: str, country: str) -> Condition:
    """The filter for ``q``, a part of the name, or of the phone where it has at least 3 digits.

    A whole number is found in every way of writing it in ``country`` (ISO 3166).
    """
    condition: Condition = reduce(or_, map(Customer.folded.contains, sorted(_parts(q, country))))
    return condition


def matching_customer(q: str, country: str) -> Condition:
    """``matching``, or a part of the e-mail address, which items keep in lower case."""
    condition: Condition = matching(q, country) | Customer.email.contains(q.strip().lower())
    return condition


def _parts(q: str, country: str) -> set[str]:
    """The texts of which a customer who is searched for has one."""
    digits = "".join(letter for letter in q if letter.isdigit())
    if len(digits) < _FEWEST_DIGITS or any(letter.isalpha() for letter in q):
        return {folded(q), folded_before(q)}
    parts = {digits.lstrip("0")}
    if len(digits) >= _WHOLE_NUMBER:
        with suppress(BadPhone):
            parts.add(common_digits(normalised(q, country)))
    return parts


def searchable(name: str, phone: str | None, booked_as: str | None = None) -> str:
    """The text that ``matching`` searches: the folded names and the digits of the phone."""
    names = [folded(one) for one in (name, booked_as) if one]
    return " ".join([*names, (phone or "").lstrip("+")]).strip()
