"""P11: a raffle sold out by many buyers at once, who choose at random. P4, P5: what each thing with an order costs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import SimpleQueue
from random import Random
from threading import Barrier, Event, Thread
from time import monotonic
from typing import Any, Final

from bench import businesses, progress
from bench.businesses import NOW, Business
from bench.figures import Figure
from bench.meter import Spent, metered
from mostrador import ids
from mostrador.errors import Busy
from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.ledger.views.receipts import Receipt
from mostrador.payments import counter_payments, refunds
from mostrador.raffles import board, drafts, numbers, order_reviews, order_transitions, orders, raffles, reservations
from mostrador.raffles.reservations import NotEnoughNumbers
from mostrador.raffles.views.draws import Opening
from mostrador.raffles.views.orders import NewOrder, OrderListing
from mostrador.raffles.views.raffles import NewRaffle
from mostrador.table import base, keys, reads
from mostrador.table.items.raffles import Order, Raffle

ENGINE: Final = "dynoxide"
NUMBERS: Final = 1_000
BUYERS: Final = 64
PRETIX: Final = 825
"""Tickets a minute that pretix sold at best, through its API, on a machine alike."""
_BATCH_SECONDS: Final = 0.2
"""How long the stream gathers records here before it hands them to the picture."""
_BY: Final = "eva@example.com"


def figures(_endpoint: str) -> Iterator[Figure]:
    business = businesses.open_business("raffle")
    business.book(businesses.noon(1), "0981 000 001")  # the client is made before the threads are
    for most in (1, 5):
        yield from _sold_out(business, most)
    yield _red_control(business)
    yield from _costs(business)


def open_raffle(business: Business, last_number: int, **more: Any) -> Raffle:
    form = {
        "title": "Gran rifa del Club 12 de Octubre",
        "prizes": [{"name": "Cero kilómetro"}],
        "price": "10000",
        "first_number": 1,
        "last_number": last_number,
        "sale_closes_at": NOW + timedelta(days=60),
        "draw_at": NOW + timedelta(days=61),
        "organiser": "Club 12 de Octubre",
        "permit": {"authority": "CONAJZAR", "number": "1/2026", "document_url": "https://example.com/1"},
        "terms_url": "https://example.com/bases",
    }
    made = drafts.create(business.slug, NewRaffle.model_validate(form | more), actor_name=_BY, key=None, now=NOW)
    return raffles.open_sale(business.slug, made.id, Opening.model_validate({"method": {"name": "drand"}}), now=NOW)


def sell(business: Business, raffle: Raffle, phone: str, **choice: Any) -> Order:
    customer = {"name": "María José Fernández", "phone": phone, "email": "maria.jose@example.com"}
    form = NewOrder.model_validate({"customer": customer} | choice)
    return reservations.sell(business.slug, raffle.id, form, actor_name=_BY, seller="u-eva", key=ids.new(), now=NOW)


class _Stream:
    """Stands for the table's stream and ``outbox``: brings the picture up to date a moment after each order."""

    def __init__(self, business: Business, raffle: Raffle) -> None:
        self._business, self._raffle, self._ended = business, raffle, Event()
        self._changed: SimpleQueue[int] = SimpleQueue()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> "_Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def gather(self, changed: Iterable[int]) -> None:
        """Numbers that have changed."""
        for number in changed:
            self._changed.put(number)

    def _run(self) -> None:
        while not self._ended.wait(_BATCH_SECONDS):
            some = [self._changed.get() for _ in range(self._changed.qsize())]
            if some:
                board.project(self._business.slug, self._raffle.id, some, changed_at=NOW, now=NOW)


def _sold_out(business: Business, most: int) -> Iterator[Figure]:
    """Buyers take 1 to ``most`` numbers at a time until none is left."""
    raffle = open_raffle(business, NUMBERS)
    with _Stream(business, raffle) as stream:
        began = monotonic()
        made, refusals = _rush(business, raffle, most, stream)
        seconds = monotonic() - began
    sold = Counter(number for order in made for number in order.numbers)
    terms = {"buyers": BUYERS, "orders": len(made), "seconds": seconds} | dict(refusals)
    name = f"of {NUMBERS:,} numbers, sold just once, 1 to {most} an order"
    yield Figure("P11", name, ENGINE, sum(count == 1 for count in sold.values()), at_least=NUMBERS, terms=terms)
    wrong = _half_written(business, raffle, made)
    yield Figure("P11", f"orders lost or half-written, 1 to {most} an order", ENGINE, wrong, at_most=0)
    rate = 60 * len(sold) / seconds
    yield Figure("P11", f"numbers a minute, 1 to {most} an order", ENGINE, rate, at_least=10 * PRETIX)


def _rush(business: Business, raffle: Raffle, most: int, stream: _Stream) -> tuple[list[Order], Counter[str]]:
    """What all buyers got, and how often one was refusals to come again."""
    barrier, refusals, sold = Barrier(BUYERS), Counter[str](), set[int]()

    def buyer(place: int) -> list[Order]:
        dice, got, left = Random(place), list[Order](), most  # noqa: S311 - how many somebody buys is no secret
        barrier.wait()
        while left:
            try:
                got.append(sell(business, raffle, f"0981 {400000 + place}", count=dice.randint(1, min(most, left))))
            except NotEnoughNumbers as refusal:
                left = refusal.facts["left"]
            except Busy:
                refusals["busy"] += 1
            else:
                stream.gather(got[-1].numbers)
                sold.update(got[-1].numbers)
                progress.step("numbers sold", len(sold), NUMBERS)
        return got

    with ThreadPoolExecutor(BUYERS) as pool:
        return [order for got in pool.map(buyer, range(BUYERS)) for order in got], refusals


def _half_written(business: Business, raffle: Raffle, made: Sequence[Order]) -> int:
    """Orders that are not stored as they were answered, with just their numbers; and numbers that are nobody's."""
    known = reads.batch(keys.order(business.slug, order.id) for order in made).values()
    stored = {order.id: order for order in known}
    found = reads.everything(keys.raffle_partition(business.slug, raffle.id), keys.NUMBER_PREFIX)
    of: dict[str, set[int]] = {}
    for number in found:
        of.setdefault(number.order_id, set()).add(keys.numbered((number.pk, number.sk))[1])
    whole = [
        order.id
        for order in made
        if order.id in stored and set(stored[order.id].numbers) == set(order.numbers) == of.get(order.id)
    ]
    return len(made) - len(whole) + len(of.keys() - set(whole))


def _red_control(business: Business) -> Figure:
    """The same rush without the condition on each number: it must oversell, or the figures above prove nothing."""
    guard, raffle = numbers.can_be_taken, open_raffle(business, 200)
    numbers.can_be_taken = lambda *_: base.Item.pk != ""
    barrier = Barrier(BUYERS)

    def buyer(place: int) -> list[int]:
        barrier.wait()
        bought = [sell(business, raffle, f"0981 {500000 + place}", count=5) for _ in range(3)]
        return [number for order in bought for number in order.numbers]

    try:
        with ThreadPoolExecutor(BUYERS) as pool:
            sold = Counter(number for got in pool.map(buyer, range(BUYERS)) for number in got)
    finally:
        numbers.can_be_taken = guard
    name = "red control: numbers sold more than once without the condition"
    return Figure("P11", name, ENGINE, sum(count > 1 for count in sold.values()), at_least=1)


def _costs(business: Business) -> Iterator[Figure]:
    raffle = open_raffle(business, NUMBERS)
    measured = [(name, goal, _measured(run)) for name, goal, run in _operations(business, raffle)]
    for name, goal, spent in measured:
        yield Figure("P4", name, ENGINE, len(spent.trips), "trips", at_most=goal, terms=Counter(spent.trips))
    for name, _, spent in measured:
        for unit, units in (("WRU", spent.written), ("RRU", spent.read)):
            if units:
                yield Figure("P5", name, ENGINE, units.total(), unit, terms=dict(units))


def _measured(run: Callable[[int], object]) -> Spent:
    run(0)
    with metered() as spent:
        run(1)
    return spent


def _operations(business: Business, raffle: Raffle) -> Iterator[tuple[str, int | None, Callable[[int], object]]]:
    """Name, goal of P4, and what is called with 0 to get warm and with 1 to be measured."""
    slug, known, free = business.slug, "0981 600 001", iter(range(1, NUMBERS))
    sell(business, raffle, known, numbers=[next(free)])
    board.project(slug, raffle.id, [1], changed_at=NOW, now=NOW)

    def reserved(count: int = 1) -> Order:
        return sell(business, raffle, known, numbers=[next(free) for _ in range(count)])

    held = {name: [reserved() for _ in range(2)] for name in ("receipt", "confirm", "cancel", "late")}
    for order in held["late"]:
        order_transitions.expire(slug, order.id, now=NOW + timedelta(hours=1))
    paid = [
        counter_payments.record_order_payment(
            slug, reserved().id, Confirmation(method="CASH"), actor_name=_BY, key=f"paid-{number}", now=NOW
        ).payment.target_id
        for number in range(2)
    ]
    cash, money, page = {"method": "CASH"}, Confirmation(method="CASH"), OrderListing(limit=25)

    def confirm(name: str) -> Callable[[int], object]:
        return lambda n: counter_payments.record_order_payment(
            slug, held[name][n].id, money, actor_name=_BY, key=f"{name}-{n}", now=NOW
        )

    yield "reserve 1 number, known phone", 2, lambda _: reserved()
    yield "reserve 5 numbers, known phone", 2, lambda _: reserved(5)
    yield "reserve 90 numbers, known phone", 2, lambda _: reserved(90)
    yield "reserve 1 number, new customer", 2, lambda n: sell(business, raffle, f"0981 700 00{n}", numbers=[next(free)])
    yield "reserve 5 numbers at random", 2, lambda _: sell(business, raffle, known, count=5)
    yield "sell 1 number over the counter", 2, lambda _: sell(business, raffle, known, numbers=[next(free)], paid=cash)
    yield (
        "receipt of an order of 1",
        2,
        lambda n: order_reviews.receive(slug, held["receipt"][n].id, Receipt(), actor_name=_BY, now=NOW),
    )
    yield "confirm an order of 1", 2, confirm("confirm")
    yield "confirm an order of 1, paid late", 2, confirm("late")
    yield (
        "cancel an order of 1",
        2,
        lambda n: order_transitions.cancel(slug, held["cancel"][n].id, reason="", actor_name=_BY, now=NOW),
    )
    yield (
        "refund an order of 1",
        None,
        lambda n: refunds.refund_order(slug, paid[n], Refunding(reason="x"), actor_name=_BY, now=NOW),
    )
    yield "get an order", 1, lambda _: orders.get(slug, paid[0], now=NOW)
    yield "page of 25 orders", 1, lambda _: orders.listing(slug, raffle.id, page, now=NOW)
