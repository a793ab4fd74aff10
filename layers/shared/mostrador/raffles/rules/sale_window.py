"""What a raffle sells, when, and how its times follow one another; what must fit together before it opens.

sale_opens_at ... sale_closes_at (or an earlier close) ... cut ... freeze ... draw_at

Until the ``cut`` what was reserved in time may still be paid. The sold list is frozen some time after it, so that no
writer that began before the cut is still under way, and before the draw, so that nobody sells knowing who would win.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mostrador.errors import Invalid
from mostrador.raffles.rules.states import FEWEST_NUMBERS, MOST_NUMBERS, price_of

GRACE: Final = timedelta(minutes=2)
"""From the end of the last hold to the cut."""
SETTLING: Final = timedelta(seconds=60)
"""From the cut to the freeze: no request lasts longer than 29 s, no run of the sweeper longer than this."""
BEFORE_DRAW: Final = timedelta(minutes=10)
"""From the end of the last hold to the draw, at least: a sweeper that comes each minute has frozen after 3 to 5."""


class BadRange(Invalid):
    code = "invalid_range"
    en = "{first} to {last} are {value} numbers: a raffle has {fewest} to {most}"
    es = "de {first} a {last} hay {value} números: una rifa tiene de {fewest} a {most}"


class BadPackage(Invalid):
    code = "invalid_package"
    en = "{value} numbers for {price} are no package: alone they cost {single}, and an order takes 2 to {most}"
    es = "{value} números por {price} no son un paquete: sueltos cuestan {single}, y una orden admite de 2 a {most}"


class TooManyPrizes(Invalid):
    code = "too_many_prizes"
    en = "there are {value} prizes for {numbers} numbers"
    es = "hay {value} premios para {numbers} números"


class BadTimes(Invalid):
    code = "invalid_times"
    en = "{value} is too early: it takes {least} at least, after what comes before it"
    es = "{value} es demasiado temprano: debe ser {least} como mínimo, después de lo que va antes"


def check_range(first: int, last: int, prizes: int) -> None:
    """Raise BadRange, TooManyPrizes."""
    count = last - first + 1
    if not FEWEST_NUMBERS <= count <= MOST_NUMBERS:
        raise BadRange(
            field="body.last_number", value=count, first=first, last=last, fewest=FEWEST_NUMBERS, most=MOST_NUMBERS
        )
    if prizes > count:
        raise TooManyPrizes(field="body.prizes", value=prizes, numbers=count)


def check_packages(packages: Sequence[tuple[int, Decimal]], price: Decimal, most: int) -> None:
    """Raise BadPackage unless each is of 2 to ``most`` numbers, all different, and cheaper than without it."""
    for place, (numbers, cost) in enumerate(packages):
        others = [one for one in packages if one != (numbers, cost)]
        single = price_of(numbers, price, others)
        is_twice = any(numbers == other for other, _ in packages[:place])
        if is_twice or not 2 <= numbers <= most or cost >= single:  # noqa: PLR2004 - one number is no package
            raise BadPackage(
                field=f"body.packages.{place}", value=numbers, price=str(cost), single=str(single), most=most
            )


def check_times(opens_at: datetime | None, closes_at: datetime, draw_at: datetime, hold: timedelta) -> None:
    """Raise BadTimes unless the sale closes after it opens, and early enough before the draw."""
    if opens_at and closes_at <= opens_at:
        raise BadTimes(field="body.sale_closes_at", value=closes_at.isoformat(), least=opens_at.isoformat())
    least = closes_at + hold + BEFORE_DRAW
    if draw_at < least:
        raise BadTimes(field="body.draw_at", value=draw_at.isoformat(), least=least.isoformat())


def sale_cutoff(closes_at: datetime, hold: timedelta) -> datetime:
    """From when on no number becomes sold or free any more, of a sale that ends at ``closes_at``."""
    return closes_at + hold + GRACE
