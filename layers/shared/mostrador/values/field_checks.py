"""Checks and cleaning of single values, for the types in ``fields``."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from mostrador.values import shown, text
from mostrador.values.money import CURRENCIES
from mostrador.values.text import folded

_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written(kind: str, message: str) -> BeforeValidator:
    """Refuses numbers, also as text: they could count seconds or milliseconds from any epoch."""

    def check(value: object) -> object:
        if isinstance(value, date) or (isinstance(value, str) and _ISO_DATE.match(value)):
            return value
        raise PydanticCustomError(kind, message)

    return BeforeValidator(check)


def cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    """Cleans a text before its length is judged."""

    def check(typed: object) -> object:
        if not isinstance(typed, str):
            return typed
        try:
            return clean(typed)
        except text.BadCharacter as error:
            facts = {"character": error.character}
            raise PydanticCustomError(
                "bad_character", "has the character {character}, which is no text", facts
            ) from error

    return BeforeValidator(check)


def email(typed: str) -> str:
    """The address in its normal form, in lower case; no request goes to its domain."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 15 ms that most requests do without

    try:
        return str(validate_email(typed, check_deliverability=False).normalized).lower()
    except EmailNotValidError as error:
        raise PydanticCustomError("email", "{reason}", {"reason": str(error)}) from error


def currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "should be an ISO 4217 currency")
    return code


def readable(name: str) -> str:
    """A name with at least one letter, digit or sign after folding."""
    if not folded(name):
        raise PydanticCustomError("unreadable", "should be readable text")
    return name


def amount(value: object) -> object:
    """A JSON number as the text that it means: ``25.5`` -> ``"25.5"``, ``80000.0`` -> ``"80000"``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    written = format(Decimal(repr(value)), "f")
    plain = written.rstrip("0").rstrip(".") if "." in written else written
    if not re.fullmatch(shown.AMOUNT, plain):
        raise PydanticCustomError("amount_digits", "should be from 0 on, with at most four decimals")
    return plain


def takes_empty(schema: dict[str, Any]) -> bool:
    """Whether a property's own schema allows an empty text."""
    narrower = {"minLength", "pattern", "format", "enum", "const"}
    return any(one.get("type") == "string" and not narrower & one.keys() for one in schema.get("anyOf", ()))
