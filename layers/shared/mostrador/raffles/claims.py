"""Claims: a winner says by the link of the order that the prize is wanted. A claimed prize is not drawn again.

The claim and the announcement of a redraw are writes on the raffle's version, so one of them comes first.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from mostrador.errors import Conflict
from mostrador.raffles import raffles
from mostrador.raffles.rules import instants, prize_outcome
from mostrador.raffles.rules.states import printed_number
from mostrador.table import writes
from mostrador.table.items.raffles import Raffle
from mostrador.values.next_actions import NextAction


class NothingToClaim(Conflict):
    code = "nothing_to_claim"
    en = "these numbers have won no prize, or it is to be drawn again"
    es = "estos números no ganaron ningún premio, o se va a volver a sortear"
    next_action = NextAction.READ_AGAIN


class ClaimOver(Conflict):
    code = "claim_over"
    en = "the prize could be claimed until {claim_by:time}"
    es = "el premio se podía reclamar hasta el {claim_by:time}"
    next_action = NextAction.CONTACT_BUSINESS


class OwnPrize(NamedTuple):
    """A prize that an order won; ``number`` as printed, ``claimed_at`` and ``delivered_at`` None until then."""

    prize: int
    name: str
    number: str
    claim_by: datetime
    claimed_at: datetime | None
    delivered_at: datetime | None
    time_zone: str


def of_orders(raffle: Raffle, order_ids: Collection[str]) -> list[OwnPrize]:
    """The prizes that these orders won, in order; without those that are to be drawn again."""
    outcomes = prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days))
    won = [one for _, one in sorted(outcomes.items()) if one.order_id in order_ids and one.number is not None]
    return [
        OwnPrize(
            prize=one.prize,
            name=raffle.prizes[one.prize - 1]["name"],
            number=printed_number(one.number or 0, int(raffle.last_number)),
            claim_by=one.claim_by,
            claimed_at=claimed_at(raffle, one.prize),
            delivered_at=_delivered_at(raffle, one.prize),
            time_zone=raffle.time_zone,
        )
        for one in won
        if not prize_outcome.is_drawn_again(raffle.draws or [], one.prize)
    ]


def claim(tenant: str, raffle_id: str, order_ids: Collection[str], *, now: datetime) -> Raffle:
    """Claim every prize that these orders won; again changes nothing. Raises NotHere, NothingToClaim, ClaimOver."""

    def decide(raffle: Raffle) -> Raffle:
        won = of_orders(raffle, order_ids)
        if not won:
            raise NothingToClaim
        left = [one for one in won if one.claimed_at is None and one.delivered_at is None]
        in_time = [one for one in left if now <= one.claim_by]
        if left and not in_time:
            raise ClaimOver(claim_by=instants.published(max(one.claim_by for one in left)))
        if not in_time:
            return raffle
        claimed = dict.fromkeys((str(one.prize) for one in in_time), instants.published(now))
        raffle.claims, raffle.updated_at = (raffle.claims or {}) | claimed, now
        with writes.transaction() as tx:
            tx.save(raffle)
        return raffle

    return writes.retrying(lambda _attempt: raffles.get(tenant, raffle_id, now=now), decide)


def claimed_at(raffle: Raffle, prize: int) -> datetime | None:
    """When a prize was claimed."""
    written = (raffle.claims or {}).get(str(prize))
    return instants.parse(written) if written else None


def _delivered_at(raffle: Raffle, prize: int) -> datetime | None:
    delivery = (raffle.deliveries or {}).get(str(prize))
    return instants.parse(delivery["delivered_at"]) if delivery else None
