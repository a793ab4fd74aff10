"""The decision where a payment's money goes."""

from collections.abc import Callable
from dataclasses import dataclass

from mostrador.ledger.rules.payment_states import RefundReason
from mostrador.table.writes import Transaction


@dataclass(frozen=True, slots=True)
class Settlement:
    """``write`` adds to a transaction what the money pays; ``reason`` says why the money is due back instead."""

    reason: RefundReason | None
    write: Callable[[Transaction], None]
