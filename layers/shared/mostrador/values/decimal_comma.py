"""The countries that write decimals with a comma."""

from typing import Final

# CLDR, as Babel 2.19 has it, of the language most used there; in Paraguay Spanish, not Guarani.
_COUNTRIES: Final = frozenset(
    (
        "AD AL AM AO AR AT AW AX AZ BA BE BF BG BI BJ BL BN BO BR BY CD CF CG CI CL CM CO CR CV CY CZ DE DJ DK DZ EC "
        "EE ES FI FO FR GA GE GF GL GN GP GQ GR GW HR HT HU ID IS IT KG KZ LA LB LT LU LV LY MA MC MD ME MF MK MQ MR "
        "MU MZ NA NC NL NO PF PL PM PT PY RE RO RS RU RW SC SE SI SJ SK SM SN SR ST TG TJ TL TM TN TR UA UY UZ VA VE "
        "VN WF XK YT ZA"
    ).split()
)


def is_used_in(country: str) -> bool:
    """Whether the country (ISO 3166) writes 25,00 and not 25.00."""
    return country in _COUNTRIES
