"""Public holidays for the layer, written at build time.

The `holidays` library takes 0.6 s to import and 10 MB, so no request ever loads it.
"""

from datetime import UTC, datetime
from typing import Final

import holidays

COUNTRIES: Final = ("AR", "BO", "BR", "CL", "CO", "EC", "ES", "MX", "PE", "PY", "US", "UY")
YEARS_AHEAD: Final = 3


def by_country(this_year: int | None = None) -> dict[str, dict[str, dict[str, str]]]:
    """Country -> year -> date -> name, in Spanish where the library has it; of this year and the next ones."""
    this_year = this_year or datetime.now(UTC).year
    years = range(this_year, this_year + YEARS_AHEAD)
    return {country: {str(year): _of(country, year) for year in years} for country in COUNTRIES}


def _of(country: str, year: int) -> dict[str, str]:
    found = holidays.country_holidays(country, years=year, language="es" if country != "US" else None)
    return {day.isoformat(): name for day, name in sorted(found.items())}
