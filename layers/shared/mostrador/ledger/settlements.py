"""A settlement: the decision what a payment's money pays, or why it is due back."""

from collections.abc import Callable
from typing import NamedTuple

from mostrador.ledger.rules.payment_states import RefundReason
from mostrador.table.writes import Transaction


class Settlement(NamedTuple):
    """``reason``: why the money is due back, None where it pays its target.

    ``write`` adds the paid target to a transaction; it is called only without a ``reason``.
    """

    reason: RefundReason | None
    write: Callable[[Transaction], None]
