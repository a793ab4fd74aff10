"""The decision where a payment's money goes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mostrador.ledger.rules.payment_states import RefundReason


@dataclass(frozen=True, slots=True)
class Settlement:
    """``write`` adds to a transaction what the money pays; ``reason`` says why the money is due back instead."""

    reason: RefundReason | None
    write: Callable[[Any], None]
