"""The numbers, packages and times of a raffle, and how they must fit together before it opens.

sale_opens_at ... sale_closes_at (or an earlier close) ... sale cutoff ... freeze ... draw_at

Until the sale cutoff, numbers that were reserved in time may still be paid. The sold list is frozen after it, when no
writer that began before the cutoff can still be at work. The draw comes last, so that nobody sells knowing the winner.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mostrador.errors import Invalid
from mostrador.raffles.rules.states import FEWEST_NUMBERS, MOST_NUMBERS, price_of

GRACE: Final = timedelta(minutes=2)
"""From the end of the last hold to the sale cutoff."""
WRITERS_FINISH_WITHIN: Final = timedelta(seconds=60)
"""From the sale cutoff to the freeze: a request lasts at most 29 s, a run of the sweeper at most this long."""
BEFORE_DRAW: Final = timedelta(minutes=10)
"""At least, from the end of the last hold to the draw: the sweeper runs each minute and freezes after 3 to 5."""


class BadRange(Invalid):
    code = "invalid_range"
    en = "{first} to {last} are {value:count} numbers: a raffle has {fewest:count} to {most:count}"
    es = "de {first} a {last} hay {value:count} números: una rifa tiene de {fewest:count} a {most:count}"


class BadPackage(Invalid):
    code = "invalid_package"
    en = "{value} numbers for {price:money} are no package: alone they cost {single:money}; it has 2 to {most}"
    es = "{value} números por {price:money} no son un paquete: sueltos cuestan {single:money}; lleva de 2 a {most}"


class TooManyPrizes(Invalid):
    code = "too_many_prizes"
    en = "there are {value} prizes for {numbers} numbers"
    es = "hay {value} premios para {numbers} números"


class BadTimes(Invalid):
    code = "invalid_times"
    en = "{value:time} is too early: it takes {least:time} at least, after what comes before it"
    es = "el {value:time} es demasiado temprano: debe ser el {least:time} como mínimo, después de lo que va antes"


def check_range(first: int, last: int, prizes: int) -> None:
    """Raise BadRange, TooManyPrizes."""
    count = last - first + 1
    if not FEWEST_NUMBERS <= count <= MOST_NUMBERS:
        raise BadRange(
            field="body.last_number", value=count, first=first, last=last, fewest=FEWEST_NUMBERS, most=MOST_NUMBERS
        )
    if prizes > count:
        raise TooManyPrizes(field="body.prizes", value=prizes, numbers=count)


def check_packages(packages: Sequence[tuple[int, Decimal]], price: Decimal, *, currency: str, most: int) -> None:
    """Raise BadPackage unless each package has 2 to ``most`` numbers, is the only one of its size, and saves money."""
    for place, (numbers, cost) in enumerate(packages):
        others = [package for package in packages if package != (numbers, cost)]
        single = price_of(numbers, price, others)
        is_twice = any(numbers == other for other, _ in packages[:place])
        if is_twice or not 2 <= numbers <= most or cost >= single:  # noqa: PLR2004 - one number is no package
            raise BadPackage(
                field=f"body.packages.{place}",
                value=numbers,
                price=str(cost),
                single=str(single),
                currency=currency,
                most=most,
            )


def check_times(opens_at: datetime | None, closes_at: datetime, draw_at: datetime, hold: timedelta) -> None:
    """Raise BadTimes unless the sale closes after it opens, and early enough before the draw."""
    if opens_at and closes_at <= opens_at:
        raise BadTimes(field="body.sale_closes_at", value=closes_at.isoformat(), least=opens_at.isoformat())
    least = closes_at + hold + BEFORE_DRAW
    if draw_at < least:
        raise BadTimes(field="body.draw_at", value=draw_at.isoformat(), least=least.isoformat())


def sale_cutoff(closes_at: datetime, hold: timedelta) -> datetime:
    """The instant from which no number becomes sold or free, for a sale that ends at ``closes_at``."""
    return closes_at + hold + GRACE
