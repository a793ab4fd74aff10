"""Money: an exact amount with the digits its ISO 4217 currency has; never a float."""

from decimal import Decimal, InvalidOperation
from typing import Final

from mostrador.errors import Invalid

LARGEST: Final = Decimal(10) ** 13

# ISO 4217, list one (active currencies), 2026-01. Minor units where they are not 2.
_DIGITS: Final = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
CURRENCIES: Final = frozenset(_DIGITS) | frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD
    KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
    NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG""".split()
)


class BadAmount(Invalid):
    code = "invalid_amount"
    en = "{value} is not an amount of {currency}: it takes 0 to {limit:count} with at most {digits} decimals"
    es = "{value} no es un importe en {currency}: va de 0 a {limit:count}, con {digits} decimales como máximo"


class UnknownCurrency(Invalid):
    code = "unknown_currency"
    en = "{value} is not an ISO 4217 currency"
    es = "{value} no es una moneda ISO 4217"


def digits(currency: str) -> int:
    """Decimals of ``currency``: 0 for PYG, 2 for USD. Raises UnknownCurrency."""
    if currency not in CURRENCIES:
        raise UnknownCurrency(field="body.currency", value=currency)
    return _DIGITS.get(currency, 2)


def amount(value: str, currency: str, *, field: str = "body.price") -> Decimal:
    """``value`` as an exact amount of ``currency``. Raises BadAmount, which names ``field``; UnknownCurrency."""
    places = digits(currency)
    try:
        exact = Decimal(value)
    except InvalidOperation as error:
        raise BadAmount(field=field, value=value, currency=currency, digits=places, limit=int(LARGEST)) from error
    if not exact.is_finite() or not 0 <= exact < LARGEST or exact != round(exact, places):
        raise BadAmount(field=field, value=value, currency=currency, digits=places, limit=int(LARGEST))
    return round(exact, places)


def check_part(part: Decimal | None, whole: Decimal, currency: str, *, field: str) -> None:
    """Raise BadAmount, which names ``field``, where a part is more than the whole."""
    if part is not None and part > whole:
        value = text(part, currency)
        raise BadAmount(field=field, value=value, currency=currency, digits=digits(currency), limit=int(whole))


def text(exact: Decimal, currency: str) -> str:
    """The amount as JSON has it: ``"25.00"`` USD, ``"150000"`` PYG."""
    return f"{exact:.{digits(currency)}f}"
