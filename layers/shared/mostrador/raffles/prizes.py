"""After the draw: who got which prize, and the list of numbers and buyers for the authority."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mostrador.errors import Conflict, NotHere
from mostrador.raffles import raffles
from mostrador.raffles.rules import commitments, prize_outcome
from mostrador.raffles.rules.states import printed_number, public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Raffle
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Delivery


class NobodyWon(Conflict):
    code = "nobody_won"
    en = "nobody has won prize {prize}, or it is to be drawn again"
    es = "nadie ganó el premio {prize}, o se va a volver a sortear"


class AlreadyDelivered(Conflict):
    code = "already_delivered"
    en = "prize {prize} was delivered to {delivered_to} at {delivered_at}"
    es = "el premio {prize} se entregó a {delivered_to} el {delivered_at}"


def deliver(tenant: str, raffle_id: str, prize: int, form: "Delivery", *, actor_name: str, now: datetime) -> Raffle:
    """Record that a prize, by its place from 1, reached its winner; the same record again changes nothing.

    Raises NotHere (raffle, prize), NobodyWon, AlreadyDelivered.
    """
    raffle = raffles.get(tenant, raffle_id, now=now)
    known = (raffle.deliveries or {}).get(str(prize))
    if known and form.model_dump().items() <= known.items():
        return raffle

    def alter(raffle: Raffle) -> None:
        _check_winner(raffle, prize)
        known = (raffle.deliveries or {}).get(str(prize))
        if known:
            raise AlreadyDelivered(prize=prize, delivered_to=known["delivered_to"], delivered_at=known["delivered_at"])
        told = form.model_dump() | {
            "delivered_at": commitments.format_instant(now.replace(microsecond=0)),
            "by": actor_name,
        }
        raffle.deliveries = (raffle.deliveries or {}) | {str(prize): told}

    return writes.edited(lambda: raffles.get(tenant, raffle_id, now=now), alter, seen=None, now=now)


def export(tenant: str, raffle_id: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Every number that is reserved or sold, in their order, as rows of ``views.draws.ExportRow``. Raises NotHere."""
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
    wanted = {keys.order(tenant, one.order_id) for one in page.items}
    orders = {one.id: one for one in reads.batch(wanted, consistent=False).values()} if wanted else {}
    won = _prizes_by_number(raffle)
    rows = [_row(raffle, one, orders[one.order_id], won) for one in page.items if one.order_id in orders]
    return reads.Page(rows, page.next)


def _check_winner(raffle: Raffle, prize: int) -> None:
    """Raise NotHere, NobodyWon unless somebody has won the prize and keeps it."""
    if prize > len(raffle.prizes):
        raise NotHere(entity="prize", id=prize)
    draws = raffle.draws or []
    won = prize_outcome.outcomes(draws, int(raffle.claim_days)).get(prize)
    is_due_again = bool(draws) and not prize_outcome.is_held(draws[-1]) and prize in draws[-1]["redraw"]["prizes"]
    if won is None or won.order is None or is_due_again:
        raise NobodyWon(prize=prize)


def _prizes_by_number(raffle: Raffle) -> dict[int, str]:
    """Number -> the prizes that it has come to, in words."""
    told: dict[int, list[str]] = {}
    for prize, won in sorted(prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days)).items()):
        if won.number is not None:
            told.setdefault(won.number, []).append(f"{prize}. {raffle.prizes[prize - 1]['name']}")
    return {number: "; ".join(prizes) for number, prizes in told.items()}


def _row(raffle: Raffle, one: Any, order: Any, won: dict[int, str]) -> dict[str, Any]:
    number = int(one.sk.removeprefix(keys.NUMBER_PREFIX))
    return {
        "number": printed_number(number, int(raffle.last_number)),
        "order": public_code(order.id),
        "status": order.status,
        "buyer": order.customer_name,
        "phone": order.customer_phone,
        "total_amount": money.text(order.total_amount, order.currency),
        "currency": order.currency,
        "paid_at": order.paid_at,
        "prize": won.get(number),
    }
