"""A raffle on sale and the fate of its numbers, without orders: what the tests of the board share."""

from datetime import timedelta
from decimal import Decimal

from mostrador import ids
from mostrador.raffles import board
from mostrador.raffles.rules import board as rules
from mostrador.raffles.rules.board import Board, NumberState
from mostrador.table import keys
from mostrador.table.items.raffles import Raffle, RaffleNumber


def pictured(states, first=0):
    """The board of consecutive numbers in these states, from ``first`` on."""
    bits = rules.with_states(rules.blank(len(states)), dict(enumerate(states)))
    return Board(first, first + len(states) - 1, bits, None, None)


def draft(*, now, tenant="salon", first=1, last=100, **more):
    """A raffle as stored, whatever it takes to make one."""
    raffle_id = ids.new()
    raffle = Raffle(
        *keys.raffle(tenant, raffle_id),
        id=raffle_id,
        title="Rifa",
        prizes=[{"name": "Moto"}],
        price=Decimal(10_000),
        currency="PYG",
        first_number=first,
        last_number=last,
        numbers_per_order=90,
        hold_minutes=15,
        sale_closes_at=now + timedelta(days=30),
        draw_at=now + timedelta(days=31),
        organiser="Club",
        claim_days=60,
        time_zone="America/Asuncion",
        created_by="eva",
        created_at=now,
        **({"status": "DRAFT"} | more),
    )
    raffle.save()
    return raffle


def on_sale(*, now, **more):
    return draft(now=now, status="OPEN", opened_at=now, **more)


def set_state(raffle, number, state, *, tenant="salon", order_id="0" * 32, hold_expires_at=None):
    """Make the number so, in the table alone."""
    item = RaffleNumber(
        *keys.raffle_number(tenant, raffle.id, number),
        order_id=order_id,
        is_sold=state is NumberState.SOLD,
        hold_expires_at=hold_expires_at,
    )
    if state is NumberState.FREE:
        item.delete()
    else:
        item.save()


def project(raffle, *numbers, now, tenant="salon", changed_at=None):
    board.project(tenant, raffle.id, numbers, changed_at=changed_at or now, now=now)
