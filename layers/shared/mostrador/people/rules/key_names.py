"""Names of API keys: none that looks like one of ours, or like a person of the business, in the records."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from mostrador.values.text import folded

_OURS: Final = (
    "mostrador", "soporte", "support", "superuser", "superusuario", "helpdesk", "ayudatecnica", "equipotecnico",
)  # fmt: skip
"""Words that no name holds."""
_ALONE: Final = frozenset(
    "public publico system sistema sistemas admin administrador administradora administrator administracion root "
    "staff viewer bancard operador operator key user usuario".split()
)
"""Words that are no name alone: they stand for callers in the records."""
_ALIKE: Final = str.maketrans(
    "авеёкмнорстухіїјѕԁһӏԛԝαβγεηικμνορτυχωο0134578$@!|",
    "abeekmhopctyxiijsdhlqwabyenikmvoptuxwooieastbsail",
)
"""Letters of other scripts, digits and signs that look like a Latin letter, each with it."""


def shape(text: str) -> str:
    """What a text looks like: ``"M0strádor  S.A."`` -> ``"mostradorsa"``, also in letters of another script."""
    plain = folded(unicodedata.normalize("NFKC", text)).translate(_ALIKE)
    return "".join(letter for letter in plain.replace("rn", "m").replace("vv", "w") if letter.isalnum()).replace(
        "l", "i"
    )


def looks_like_us(name: str) -> bool:
    """Whether the name could be taken for Mostrador, its people, or a caller without a name."""
    shaped = shape(name)
    return shaped in _ALONE_SHAPES or any(word in shaped for word in _OUR_SHAPES)


def looks_like_a_person(name: str, emails: Iterable[str]) -> bool:
    """Whether the name is an e-mail address, or one of these people's, with or without its domain."""
    if "@" in unicodedata.normalize("NFKC", name):
        return True
    shaped = shape(name)
    return any(shaped in (shape(email), shape(email.partition("@")[0])) for email in emails)


_OUR_SHAPES: Final = tuple(map(shape, _OURS))
_ALONE_SHAPES: Final = frozenset(map(shape, _ALONE))
