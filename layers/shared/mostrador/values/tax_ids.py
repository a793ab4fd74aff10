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
    found = _RUC.fullmatch(re.sub(r"[.\s]", "", typed).upper())
    if found is None or check_digit(found[1]) != int(found[2]):
        raise BadTaxId(field=field, value=typed)
    return f"{found[1]}-{found[2]}"


def check_digit(base: str) -> int:
    """The digit after the dash of a RUC."""
    digits = "".join(one if one.isdigit() else str(ord(one)) for one in base)
    weighted = zip(reversed(digits), cycle(range(2, 12)), strict=False)
    rest = sum(int(digit) * weight for digit, weight in weighted) % 11
    return 11 - rest if rest > 1 else 0
