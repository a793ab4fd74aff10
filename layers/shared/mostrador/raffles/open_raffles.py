"""The open raffles of a tenant, which its plan limits."""

from mostrador.errors import Conflict
from mostrador.table import keys
from mostrador.table.items.raffles import OpenRaffles
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction


class TooManyOpen(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit} open raffles"
    es = "el plan permite {limit} rifas abiertas como máximo"
    next_action = NextAction.ASK_OPERATOR


def check_limit(limit: float | None, counted: OpenRaffles | None) -> None:
    """Raise TooManyOpen where the plan allows no further open raffle."""
    count = len(counted.raffles or ()) if counted else 0
    if limit is not None and count >= limit:
        raise TooManyOpen(limit=int(limit))


def add(tx: Transaction, tenant: str, raffle_id: str, limit: float | None) -> None:
    """Add a raffle to the open ones; the condition of the write keeps the plan's limit."""
    actions = [OpenRaffles.entity.set(OpenRaffles), OpenRaffles.raffles.add({raffle_id})]  # it may create the item
    condition = None if limit is None else OpenRaffles.are_fewer_than(int(limit))
    tx.update(OpenRaffles(*keys.open_raffles(tenant)), actions=actions, condition=condition)


def remove(tx: Transaction, tenant: str, raffle_id: str) -> None:
    """Take a raffle from the open ones."""
    actions = [OpenRaffles.raffles.delete({raffle_id})]
    tx.update(OpenRaffles(*keys.open_raffles(tenant)), actions=actions)
