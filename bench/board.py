"""P12: what the picture of a raffle's numbers costs to show, to bring up to date and to make anew, on dynoxide."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from time import monotonic, process_time
from typing import Any, Final

from bench import businesses, progress
from bench.businesses import NOW, Business
from bench.figures import Figure
from bench.meter import Spent, metered
from functions.boards.app import handler
from local import dynoxide
from mostrador import ids
from mostrador.raffles import board, drafts, raffles
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.views.draws import Opening
from mostrador.raffles.views.raffles import NewRaffle
from mostrador.table import base, keys
from mostrador.table.items.raffles import Raffle, RaffleNumber

ENGINE: Final = "dynoxide"
SIZES: Final = (10_000, 100_000)
ORDER: Final = 90
_KB: Final = 1_000
_BATCH: Final = 25
_ROUNDS: Final = 20


def figures(endpoint: str) -> Iterator[Figure]:
    business = businesses.open_business("boards")
    for size in progress.steps("sizes", SIZES):
        raffle = _on_sale(business, size)
        _sell_half(endpoint, business, raffle)
        yield from _rebuilt(business, raffle, size)
        yield from _shown(business, raffle, size)
        yield from _projected(business, raffle, size)
    yield from _computed(business, raffle)


def _on_sale(business: Business, size: int) -> Raffle:
    permit = {"authority": "CONAJZAR", "number": "123/2026", "document_url": "https://example.com/123-2026.pdf"}
    form = {
        "title": "Gran rifa del Club 12 de Octubre",
        "description": "A beneficio de la nueva sede social. " * 20,
        "prizes": [{"name": f"Premio {place}", "description": "Cero kilómetro, con papeles"} for place in range(1, 11)],
        "price": "10000",
        "first_number": 0,
        "last_number": size - 1,
        "sale_closes_at": NOW + timedelta(days=60),
        "draw_at": NOW + timedelta(days=61),
        "organiser": "Club 12 de Octubre",
        "permit": permit,
        "terms_url": "https://example.com/bases",
    }
    made = drafts.create(business.slug, NewRaffle.model_validate(form), actor_name="eva@example.com", key=None, now=NOW)
    return raffles.open_sale(business.slug, made.id, Opening.model_validate({"method": {"name": "drand"}}), now=NOW)


def _sell_half(endpoint: str, business: Business, raffle: Raffle) -> None:
    """Every second number, straight into the table, in orders of ten."""
    client, orders = dynoxide.client(endpoint), [ids.new() for _ in range(0, int(raffle.last_number), 20)]
    sold = iter(range(0, int(raffle.last_number) + 1, 2))
    while some := list(islice(sold, _BATCH)):
        made = [_number(business, raffle, number, orders[number // 20]).serialize() for number in some]
        put = [{"PutRequest": {"Item": item}} for item in made]
        client.batch_write_item(RequestItems={base.Item.Meta.table_name: put})


def _number(business: Business, raffle: Raffle, number: int, order_id: str) -> RaffleNumber:
    return RaffleNumber(*keys.raffle_number(business.slug, raffle.id, number), order_id=order_id, is_sold=True)


def _rebuilt(business: Business, raffle: Raffle, size: int) -> Iterator[Figure]:
    with metered() as spent:
        began, worked = monotonic(), process_time()
        made = board.rebuild(business.slug, raffle.id, now=NOW)
        seconds, worked = monotonic() - began, process_time() - worked
    if made.counts[NumberState.SOLD] != size // 2:
        raise RuntimeError(f"the picture made anew has {made.counts}")
    terms = {"CPU s": worked} | _as_terms(spent)
    yield Figure("P12", f"rebuild of {size:,} numbers, half sold", ENGINE, seconds, "s", terms=terms)


def _shown(business: Business, raffle: Raffle, size: int) -> Iterator[Figure]:
    """First by a process that does not know the raffle, then as it goes on."""
    units, most = 1 if size == SIZES[0] else None, 4 if size == SIZES[0] else None
    for when in ("the first time", "from then on"):
        with metered() as spent:
            body = _called(business, raffle)
        name = f"picture of {size:,} numbers, {when}"
        yield Figure("P12", name, ENGINE, spent.read.total(), "RRU", at_most=units, terms=_as_terms(spent))
    if json.loads(body)["counts"] != {"free": size // 2, "reserved": 0, "sold": size // 2}:
        raise RuntimeError(f"the picture shows {body[-300:]}")
    each = _milliseconds(lambda: _called(business, raffle))
    yield Figure("P12", f"its body, {size:,} numbers", ENGINE, len(body) / _KB, "KB", at_most=most)
    yield Figure("P12", f"its CPU, {size:,} numbers, whole request", ENGINE, each, "ms")


def _called(business: Business, raffle: Raffle) -> str:
    """The body that anybody gets."""
    path = f"/tenant/{business.slug}/public/raffles/{raffle.id}/board"
    event: dict[str, Any] = {
        "httpMethod": "GET",
        "path": path,
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {"requestId": ids.new(), "stage": "bench", "path": path, "identity": {}},
    }
    answer = handler(event, None)
    if answer["statusCode"] != 200:
        raise RuntimeError(answer["body"])
    return str(answer["body"])


def _projected(business: Business, raffle: Raffle, size: int) -> Iterator[Figure]:
    """The numbers of one order, as one batch of the stream brings them."""
    numbers = range(1, 2 * ORDER, 2)
    for number in numbers:
        _number(business, raffle, number, ids.new()).save()
    with metered() as spent:
        board.project(business.slug, raffle.id, numbers, changed_at=NOW, now=NOW)
    name = f"projecting {ORDER} numbers of {size:,}"
    yield Figure(
        "P12", name, ENGINE, spent.written.total(), "WRU", terms=_as_terms(spent) | {"RRU": spent.read.total()}
    )


def _computed(business: Business, raffle: Raffle) -> Iterator[Figure]:
    picture = board.read(business.slug, raffle)
    yield Figure("P12", f"counting {SIZES[-1]:,} numbers, CPU", "-", _milliseconds(lambda: picture.counts), "ms")
    yield Figure("P12", f"listing the free of {SIZES[-1]:,}, CPU", "-", _milliseconds(picture.free), "ms")


def _milliseconds(call: Callable[[], object]) -> float:
    """CPU of one call, warm."""
    began = process_time()
    for _ in range(_ROUNDS):
        call()
    return 1000 * (process_time() - began) / _ROUNDS


def _as_terms(spent: Spent) -> dict[str, float | str]:
    return dict(Counter(spent.trips))
