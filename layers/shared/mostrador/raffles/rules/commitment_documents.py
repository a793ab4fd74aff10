"""The published form of commitments, as JSON objects."""

from typing import NotRequired, TypedDict

from mostrador.raffles.rules.randomness import MethodDocument


class PrizeDocument(TypedDict):
    """A ``Prize`` as it is published."""

    name: str
    description: str | None
    value: str | None


class CommitmentDocument(TypedDict):
    """A ``Commitment`` as it is published; instants as ``2026-12-24T22:00:00Z``.

    The first format has prizes as their names, and neither ``claim_days`` nor ``terms_url``.
    """

    version: int
    raffle_id: str
    first_number: int
    last_number: int
    prizes: list[PrizeDocument] | list[str]
    unsold: str
    draw_at: str
    method: MethodDocument
    claim_days: NotRequired[int]
    terms_url: NotRequired[str]


class RedrawDocument(TypedDict):
    """A ``Redraw`` as it is published; instants as ``2026-12-24T22:00:00Z``."""

    version: int
    raffle_id: str
    commitment_sha256: str
    root: str
    draw: int
    reason: str
    announced_at: str
    prizes: list[int]
    excluded: list[int]
    draw_at: str
    method: MethodDocument
