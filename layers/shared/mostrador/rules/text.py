"""Text for searching and sorting: without accents, without case."""

import unicodedata


def folded(text: str) -> str:
    """``"Ñandutí  López"`` -> ``"nanduti lopez"``; ``#`` is dropped because keys are split by it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter != "#")
    return " ".join(kept.split())
