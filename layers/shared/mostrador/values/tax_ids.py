"""Tax numbers of organisers: Paraguay's RUC, whose last digit checks the others.

Modulus 11 with the weights 2, 3, 4 ... 11 from the right, then 2 again; a letter of an old RUC counts as the digits of
its ASCII code (the algorithm that the SET published in PL/SQL; python-stdnum ``stdnum.py.ruc`` for those of digits).
"""

import re
from itertools import cycle
from typing import Final

from mostrador.errors import Invalid

_RUC: Final = re.compile(r"([0-9A-Z]{1,8})-?([0-9])")


class BadTaxId(Invalid):
    code = "invalid_tax_id"
    en = "{value} is not a RUC: its check digit does not fit"
    es = "{value} no es un RUC: su dígito verificador no corresponde"


def ruc(typed: str, *, field: str = "body.organiser_tax_id") -> str:
    """``typed`` as ``80028061-0``, without dots and spaces. Raises BadTaxId."""
    parts = _RUC.fullmatch(re.sub(r"[.\s]", "", typed).upper())
    if parts is None or check_digit(parts[1]) != int(parts[2]):
        raise BadTaxId(field=field, value=typed)
    return f"{parts[1]}-{parts[2]}"


def check_digit(base: str) -> int:
    """The digit after the dash of a RUC."""
    digits = "".join(letter if letter.isdigit() else str(ord(letter)) for letter in base)
    weighted = zip(reversed(digits), cycle(range(2, 12)), strict=False)
    rest = sum(int(digit) * weight for digit, weight in weighted) % 11
    return 11 - rest if rest > 1 else 0
