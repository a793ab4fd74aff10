"""Zones as earlier releases of ``tzdata`` have them; see tests/support/zones."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = Path(__file__).parent / "zones"
BEFORE, AFTER = "tzdata-2024.1", "tzdata-2025.1"
"""Without and with Paraguay's law of October 2024: in winter 09:00 was 13:00 UTC and is 12:00 UTC."""
ASUNCION = "America/Asuncion"


@contextmanager
def under(release: str) -> Iterator[None]:
    """The code inside has the zones of a release, as a process that starts with it."""
    zoneinfo.reset_tzpath(to=[str(ZONES / release)])
    ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=())
        ZoneInfo.clear_cache()


def of(release: str, name: str = ASUNCION) -> ZoneInfo:
    with (ZONES / release / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
