"""How a provider's books can differ from ours about one payment."""

from enum import StrEnum


class BookDifference(StrEnum):
    PAID_THERE = "PAID_THERE"
    NOT_PAID_THERE = "NOT_PAID_THERE"
    OTHER_AMOUNT_THERE = "OTHER_AMOUNT_THERE"
    ROLLED_BACK_THERE = "ROLLED_BACK_THERE"
    NOT_ROLLED_BACK_THERE = "NOT_ROLLED_BACK_THERE"
    REFUNDED_TWICE = "REFUNDED_TWICE"
