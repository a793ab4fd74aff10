"""Who may order something of a stand-in: those who know the stack's token (the template's ``StandInsToken``).

The portals need it in a header, and a consent in its form. The other routes play another system's, and ask for the
credentials that this system asks for; only a portal gives these out.
"""

import hmac
import os
from collections.abc import Mapping
from typing import Final

from stand_ins.http import Answer

HEADER: Final = "x-stand-ins-token"
PORTAL: Final = "/portal/"
REFUSED: Final = Answer(401, "application/json", b'{"error":"falta el encabezado X-Stand-Ins-Token, o es otro"}')


def is_token(given: str | None) -> bool:
    """Whether it is the stack's token; never where the stack has none."""
    token = os.environ.get("STAND_INS_TOKEN", "")
    return bool(token) and hmac.compare_digest((given or "").encode(errors="replace"), token.encode())


def is_admitted(path: str, headers: Mapping[str, str] | None) -> bool:
    """Whether a request may be answered; ``path`` is below the stand-in's base."""
    if not path.startswith(PORTAL):
        return True
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    return is_token(lowered.get(HEADER))
