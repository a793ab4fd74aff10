"""After the draw: the delivery of the prizes, and the list of numbers and buyers for the authority."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.errors import Conflict, NotHere
from mostrador.raffles import raffles, sizes
from mostrador.raffles.rules import instants, prize_outcome
from mostrador.raffles.rules.prize_outcome import Delivery
from mostrador.raffles.rules.states import printed_number, public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Order, Raffle, RaffleNumber
from mostrador.values import money
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Delivery as DeliveryForm


class NobodyWon(Conflict):
    code = "nobody_won"
    en = "nobody has won prize {prize}, or it is to be drawn again"
    es = "nadie ganó el premio {prize}, o se va a volver a sortear"


class AlreadyDelivered(Conflict):
    code = "already_delivered"
    en = "prize {prize} was delivered to {delivered_to} on {delivered_at:time}"
    es = "el premio {prize} se entregó a {delivered_to} el {delivered_at:time}"
    next_action = NextAction.READ_AGAIN


def deliver(tenant: str, raffle_id: str, prize: int, form: "DeliveryForm", *, actor_name: str, now: datetime) -> Raffle:
    """Record that a prize, by its place from 1, reached its winner; the same record again changes nothing.

    Raises NotHere (raffle, prize), NobodyWon, AlreadyDelivered, RaffleTooBig.
    """
    raffle = raffles.get(tenant, raffle_id, now=now)
    recorded = _delivery(raffle, prize)
    if recorded and form.model_dump().items() <= recorded.items():
        return raffle

    def alter(raffle: Raffle) -> None:
        _check_winner(raffle, prize)
        recorded = _delivery(raffle, prize)
        if recorded:
            raise AlreadyDelivered(
                prize=prize, delivered_to=recorded["delivered_to"], delivered_at=recorded["delivered_at"]
            )
        delivery: Delivery = {
            "delivered_to": form.delivered_to,
            "note": form.note,
            "delivered_at": instants.published(now.replace(microsecond=0)),
            "by": actor_name,
        }
        raffle.deliveries = (raffle.deliveries or {}) | {str(prize): delivery}
        sizes.check(raffle, field="body.note", most=sizes.MOST_WITH_DELIVERIES)

    return writes.edited(lambda: raffles.get(tenant, raffle_id, now=now), alter, seen=None, now=now)


def export(tenant: str, raffle_id: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Every number that is reserved or sold, in order, as rows of ``views.draws.ExportRow``. Raises NotHere."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    partition, prefix = keys.raffle_partition(tenant, raffle_id), keys.NUMBER_PREFIX
    page = reads.page(
        partition,
        tenant=tenant,
        query=("export",),
        size=size,
        cursor=cursor,
        between=(prefix, f"{prefix}~"),
    )
    order_keys = {keys.order(tenant, number.order_id) for number in page.items}
    orders = {order.id: order for order in reads.batch(order_keys, consistent=False).values()} if order_keys else {}
    prizes = _prizes_by_number(raffle)
    rows = [_row(raffle, number, orders[number.order_id], prizes) for number in page.items if number.order_id in orders]
    return reads.Page(rows, page.next)


def _delivery(raffle: Raffle, prize: int) -> Delivery | None:
    return (raffle.deliveries or {}).get(str(prize))


def _check_winner(raffle: Raffle, prize: int) -> None:
    """Raise NotHere for an unknown prize, NobodyWon for one that nobody won or that will be drawn again."""
    if prize > len(raffle.prizes):
        raise NotHere(entity="prize", id=prize)
    outcome = prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days)).get(prize)
    if outcome is None or outcome.order is None or prize_outcome.is_drawn_again(raffle.draws or [], prize):
        raise NobodyWon(prize=prize)


def _prizes_by_number(raffle: Raffle) -> dict[int, str]:
    """Number -> the prizes that it won, in words."""
    titles: dict[int, list[str]] = {}
    for prize, outcome in sorted(prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days)).items()):
        if outcome.number is not None:
            titles.setdefault(outcome.number, []).append(f"{prize}. {raffle.prizes[prize - 1]['name']}")
    return {number: "; ".join(prizes) for number, prizes in titles.items()}


def _row(raffle: Raffle, item: RaffleNumber, order: Order, prizes: Mapping[int, str]) -> dict[str, object]:
    number = int(item.sk.removeprefix(keys.NUMBER_PREFIX))
    return {
        "number": printed_number(number, int(raffle.last_number)),
        "order": public_code(order.id),
        "status": order.status,
        "buyer": order.customer_name,
        "phone": order.customer_phone,
        "total_amount": money.text(order.total_amount, order.currency),
        "currency": order.currency,
        "paid_at": order.paid_at,
        "prize": prizes.get(number),
    }
