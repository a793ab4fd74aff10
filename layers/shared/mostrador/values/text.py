"""Text for searching and sorting: without accents, without case."""

import unicodedata
from typing import Final

SLUG: Final = r"^[a-z0-9-]{2,63}$"
"""The form of a tenant's identifier."""


def folded(text: str) -> str:
    """``"Ñandutí  López"`` -> ``"nanduti lopez"``; ``#`` is dropped because keys are split by it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter != "#")
    return " ".join(kept.split())
