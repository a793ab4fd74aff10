"""Mostrador: the front desk of many small businesses behind one HTTP API."""

import zoneinfo

# The bundled tzdata decides, never the machine's: data older than 2025a puts Asuncion an hour off.
zoneinfo.reset_tzpath(to=())
