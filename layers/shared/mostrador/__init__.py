"""Mostrador: the front desk of many small businesses behind one HTTP API."""

import gc
import os
import zoneinfo

# The bundled tzdata decides, never the machine's: data older than 2025a puts Asuncion an hour off. A trial of an
# update names a folder of compiled zones that come before the bundled ones.
zoneinfo.reset_tzpath(to=[folder] if (folder := os.environ.get("TZDATA_FOLDER")) else ())
# Imports make many objects and no garbage: looking for it all the time is a tenth of a cold start.
gc.set_threshold(100_000, 20, 20)
