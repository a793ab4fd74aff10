"""Mostrador: the front desk of many small businesses behind one HTTP API."""

import gc
import zoneinfo

# The bundled tzdata decides, never the machine's: data older than 2025a puts Asuncion an hour off.
zoneinfo.reset_tzpath(to=())
# Imports make many objects and no garbage: looking for it all the time is a tenth of a cold start.
gc.set_threshold(100_000, 20, 20)
