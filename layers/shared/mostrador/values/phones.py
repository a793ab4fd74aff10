"""Phone numbers in one written form, E.164; a mobile that people write in several ways is one number."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mostrador.errors import Invalid

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_ARGENTINA, _MEXICO, _BRAZIL = 54, 52, 55
_OTHER_WAYS: Final = {
    # Argentina: 15 after the area code marks a mobile at home, 9 before it marks one abroad; people write both.
    _ARGENTINA: (re.compile(r"(?:54)?9?0?(\d{2,4}?)15(\d{6,8})", re.ASCII), r"+549\1\2"),
    # Mexico until 2019: 1 before a mobile from abroad, 044 and 045 at home. WhatsApp still shows the 1.
    _MEXICO: (re.compile(r"(?:52)?(?:1|04[45])(\d{10})", re.ASCII), r"+52\1"),
    # Brazil until 2016: mobiles of eight digits; since then a 9 stands before them.
    _BRAZIL: (re.compile(r"(?:55)?0?([1-9]\d)([6-9]\d{7})", re.ASCII), r"+55\g<1>9\2"),
}
"""Country code -> a way of writing a number that libphonenumber refuses, and the number in E.164."""
_INTERNATIONAL: Final = re.compile(r"[1-9]\d{10,14}", re.ASCII)
"""Digits that may begin with a country code, as WhatsApp writes them; shorter ones are rather a slip."""
_ARGENTINE_MOBILE: Final = re.compile(r"\+549(\d{10})", re.ASCII)
_ARGENTINE: Final = re.compile(r"\+54(\d{10})", re.ASCII)


class BadPhone(Invalid):
    code = "invalid_phone"
    en = "{value} is not a phone number in {country}"
    es = "{value} no es un número de teléfono; si es de otro país, comienza con + y su código"


def normalised(typed: str, country: str, *, field: str = "body.phone") -> str:
    """``typed`` as E.164 (``+595981123456``). A number without prefix is of ``country`` (ISO 3166). Raises BadPhone.

    libphonenumber decides validity, through the ``phonenumbers`` package. A number that it refuses is tried in the
    ways of ``_OTHER_WAYS``, and as an international one without ``+``.
    """
    import phonenumbers  # noqa: PLC0415 - 10 ms that most requests do without

    number = _valid(typed, country)
    if number is None:
        candidates = _written_otherwise(typed, phonenumbers.country_code_for_region(country))
        number = next((found for one in candidates if (found := _valid(one, country))), None)
    if number is None:
        raise BadPhone(field=field, value=typed, country=country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def forms(e164: str) -> tuple[str, ...]:
    """The numbers in E.164 that reach the same phone, ``e164`` first.

    They are two in Argentina, where a mobile is dialled with a 9 from abroad and without it at home: no two lines
    differ in the 9 alone. Elsewhere ``normalised`` gives one form.
    """
    if mobile := _ARGENTINE_MOBILE.fullmatch(e164):
        return e164, f"+54{mobile[1]}"
    if plain := _ARGENTINE.fullmatch(e164):
        return e164, f"+549{plain[1]}"
    return (e164,)


def common_digits(e164: str) -> str:
    """The digits that all ``forms`` of a number have, for a search: without Argentina's code and 9."""
    found = _ARGENTINE_MOBILE.fullmatch(e164) or _ARGENTINE.fullmatch(e164)
    return found[1] if found else e164.lstrip("+")


def _valid(typed: str, country: str) -> "PhoneNumber | None":
    import phonenumbers  # noqa: PLC0415 - loaded by ``normalised``

    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _written_otherwise(typed: str, own_code: int) -> Iterator[str]:
    """Other readings of a number: in the ways of its country, then with its country code but without ``+``."""
    digits, has_plus = "".join(filter(str.isdecimal, typed)), typed.lstrip().startswith("+")
    is_international = has_plus or _INTERNATIONAL.fullmatch(digits) is not None
    for code, (pattern, e164) in _OTHER_WAYS.items():
        is_own, is_named = code == own_code and not has_plus, is_international and digits.startswith(str(code))
        if (is_own or is_named) and (found := pattern.fullmatch(digits)):
            yield found.expand(e164)
    if is_international:
        yield f"+{digits}"
