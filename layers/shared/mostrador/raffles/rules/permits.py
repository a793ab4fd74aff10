"""The countries in which a raffle needs the permit of an authority before its numbers are sold.

PY  Ley 1016/1997 as amended by Ley 7438/2025 (Gaceta Oficial, 6 January 2025): raffles are games of chance that
    CONAJZAR authorises and supervises. One that is sold in all or part of the country needs its resolution, even when
    it is occasional. A local one needs the permit of its municipality or department (Decretos 6206/1999 and
    3083/2015). Selling without a permit is a crime. Secondary sources: vouga.com.py, ferrere.com, cibelae.net.
    Not legal advice.

The law of other countries was not looked up: each tenant must know it.
"""

from typing import Final

from mostrador.errors import Conflict
from mostrador.values.next_actions import NextAction

DEMANDING: Final = frozenset({"PY"})
"""Countries, ISO 3166."""


class PermitMissing(Conflict):
    code = "permit_missing"
    en = "in {country} a raffle opens only with its permit: authority, number and document"
    es = "en este país una rifa se abre solo con su permiso: autoridad, número y documento"
    next_action = NextAction.COMPLETE_RAFFLE


def check(country: str, permit: object | None) -> None:
    """Raise PermitMissing where the tenant's ``country`` demands a permit and there is none."""
    if country in DEMANDING and not permit:
        raise PermitMissing(country=country)
