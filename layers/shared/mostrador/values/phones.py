"""Phone numbers in one written form, E.164."""

from mostrador.errors import Invalid


class BadPhone(Invalid):
    code = "invalid_phone"
    en = "{value} is not a phone number in {country}"
    es = "{value} no es un número de teléfono; si es de otro país, comienza con + y su código"


def normalised(typed: str, country: str, *, field: str = "body.phone") -> str:
    """``typed`` as E.164 (``+595981123456``). A number without prefix is of ``country`` (ISO 3166). Raises BadPhone.

    libphonenumber decides validity, through the ``phonenumbers`` package.
    """
    import phonenumbers  # noqa: PLC0415 - 10 ms that most requests do without

    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(field=field, value=typed, country=country) from error
    if not phonenumbers.is_valid_number(number):
        raise BadPhone(field=field, value=typed, country=country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
