"""Public holidays for the layer, written at build time: ``python -m local.holidays FILE``.

The `holidays` library takes 0.6 s to import and 10 MB, so no request ever loads it.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import holidays

COUNTRIES: Final = ("AR", "BO", "BR", "CL", "CO", "EC", "ES", "MX", "PE", "PY", "US", "UY")
YEARS_AHEAD: Final = 3


def document(this_year: int) -> dict[str, dict[str, dict[str, str]]]:
    """Country -> year -> date -> name, in Spanish where the library has it."""
    years = range(this_year, this_year + YEARS_AHEAD)
    return {country: {str(year): _of(country, year) for year in years} for country in COUNTRIES}


def _of(country: str, year: int) -> dict[str, str]:
    found = holidays.country_holidays(country, years=year, language="es" if country != "US" else None)
    return {day.isoformat(): name for day, name in sorted(found.items())}


def main() -> int:
    """Write the holidays of this year and the next ones to the file named."""
    by_country = document(datetime.now(UTC).year)
    Path(sys.argv[1]).write_text(json.dumps(by_country, sort_keys=True, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
