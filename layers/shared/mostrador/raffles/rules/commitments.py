"""Commitments: how a draw will be held, published before anybody can know its randomness, so that nobody can steer it.

A raffle's ``Commitment`` is published before its sale opens: the method, the prizes and the numbers. A ``Redraw`` is
the commitment of a later draw. Each is a JSON object, known by its digest: the SHA-256, in hex, of its canonical form
(RFC 8785: keys sorted, no spaces, UTF-8).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypedDict, overload

from mostrador.errors import Invalid
from mostrador.raffles.rules import randomness
from mostrador.raffles.rules.randomness import CommitReveal, Method, MethodDocument, PublicEvidence

VERSION: Final = 1


class CommitmentDocument(TypedDict):
    """A ``Commitment`` as it is published; instants as ``2026-12-24T22:00:00Z``."""

    version: int
    raffle_id: str
    first_number: int
    last_number: int
    prizes: list[str]
    unsold: str
    draw_at: str
    method: MethodDocument


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


class PrizesDoNotFit(Invalid):
    code = "prizes_do_not_fit"
    en = "{prizes} prizes cannot be drawn from the numbers {first} to {last}"
    es = "no se pueden sortear {prizes} premios entre los números {first} a {last}"


class NoReason(Invalid):
    code = "no_reason"
    en = "a redraw needs a reason that everybody can read"
    es = "un nuevo sorteo necesita un motivo que todos puedan leer"


class AnnouncedTooLate(Invalid):
    code = "announced_too_late"
    en = "a redraw on {draw_at:time} cannot be announced on {announced_at:time}: its randomness may be known by then"
    es = "un nuevo sorteo del {draw_at:time} no se puede anunciar el {announced_at:time}: su azar ya se podría conocer"


class SecretAfterSale(Invalid):
    code = "secret_after_sale"
    en = "a redraw cannot use a secret: its author could work out who would win"
    es = "un nuevo sorteo no puede usar un secreto: su autor podría calcular quién ganaría"


class Unsold(StrEnum):
    """What happens to the numbers that nobody bought."""

    SOLD_ONLY = "sold_only"  # they take no part
    DRAW_AGAIN = "draw_again"  # they take part; one that is drawn is passed over, and another is drawn
    HOUSE = "house"  # they take part; the prize of one that is drawn stays with the organiser


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Fixed before the sale opens; ``prizes`` are their titles in the order of drawing. Raises PrizesDoNotFit."""

    raffle_id: str
    first_number: int
    last_number: int
    prizes: tuple[str, ...]
    unsold: Unsold
    draw_at: datetime
    method: Method

    def __post_init__(self) -> None:
        if self.first_number < 0 or not 1 <= len(self.prizes) <= self.last_number - self.first_number + 1:
            raise PrizesDoNotFit(prizes=len(self.prizes), first=self.first_number, last=self.last_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraw:
    """The commitment of another draw of some ``prizes``, by their place from 1, with its own method or instant.

    ``draw`` is its place among the draws: 2 after the first. ``excluded`` numbers won one of these prizes before and no
    longer take part. Numbers that keep another prize never take part. Raises NoReason, SecretAfterSale,
    AnnouncedTooLate.
    """

    raffle_id: str
    commitment_sha256: str
    root: str
    draw: int
    reason: str
    announced_at: datetime
    prizes: tuple[int, ...]
    excluded: tuple[int, ...]
    draw_at: datetime
    method: Method

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise NoReason
        if isinstance(self.method, CommitReveal):
            raise SecretAfterSale
        if self.announced_at >= self.draw_at:
            raise AnnouncedTooLate(announced_at=format_instant(self.announced_at), draw_at=format_instant(self.draw_at))


DrawCommitment = Commitment | Redraw
"""The commitment that a draw is held under: the raffle's own for the first draw, a redraw for every other."""


@overload
def to_document(commitment: Commitment) -> CommitmentDocument: ...
@overload
def to_document(commitment: Redraw) -> RedrawDocument: ...
def to_document(commitment: DrawCommitment) -> CommitmentDocument | RedrawDocument:
    """The JSON object that is published."""
    return _redraw_document(commitment) if isinstance(commitment, Redraw) else _commitment_document(commitment)


def read_commitment(document: CommitmentDocument) -> Commitment:
    """The commitment of such an object.

    Raises ValueError, TypeError or KeyError where it is none, and what ``Commitment`` raises.
    """
    commitment = Commitment(
        raffle_id=document["raffle_id"],
        first_number=document["first_number"],
        last_number=document["last_number"],
        prizes=tuple(document["prizes"]),
        unsold=Unsold(document["unsold"]),
        draw_at=parse_instant(document["draw_at"]),
        method=randomness.read_method(document["method"]),
    )
    _check_form(to_document(commitment), document)
    return commitment


def read_redraw(document: RedrawDocument) -> Redraw:
    """The redraw of such an object.

    Raises ValueError, TypeError or KeyError where it is none, and what ``Redraw`` raises.
    """
    redraw = Redraw(
        raffle_id=document["raffle_id"],
        commitment_sha256=document["commitment_sha256"],
        root=document["root"],
        draw=document["draw"],
        reason=document["reason"],
        announced_at=parse_instant(document["announced_at"]),
        prizes=tuple(document["prizes"]),
        excluded=tuple(document["excluded"]),
        draw_at=parse_instant(document["draw_at"]),
        method=randomness.read_method(document["method"]),
    )
    _check_form(to_document(redraw), document)
    return redraw


def digest(document: Mapping[str, object]) -> str:
    """The SHA-256, in hex, by which a published commitment is known."""
    return sha256(canonical(document)).hexdigest()


def digest_of(commitment: DrawCommitment) -> str:
    """The digest of a commitment's JSON object."""
    return digest(to_document(commitment))


def seed(commitment: DrawCommitment, evidence: PublicEvidence) -> bytes:
    """The 32 bytes that decide a draw: the SHA-256 of a canonical object with raffle, commitment, method and value.

    So the same evidence decides another raffle, or another commitment of the same raffle, differently. The object names
    the digest of the commitment ``terms_sha256``. Raises, by the method, where the evidence is not the announced one.
    """
    seeded = {
        "purpose": "mostrador draw",
        "version": VERSION,
        "raffle_id": commitment.raffle_id,
        "terms_sha256": digest_of(commitment),
        "method": commitment.method.name,
        "value": commitment.method.value(evidence),
    }
    return sha256(canonical(seeded)).digest()


def canonical(document: Mapping[str, object]) -> bytes:
    """RFC 8785, of objects without fractions whose keys are ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_instant(written: str) -> datetime:
    """The instant that ``format_instant`` wrote. Raises ValueError where it names no zone."""
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        raise ValueError(f"{written} has no zone")
    return instant


def format_instant(instant: datetime) -> str:
    """An instant as it is published: ``2026-12-24T22:00:00Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _commitment_document(commitment: Commitment) -> CommitmentDocument:
    return {
        "version": VERSION,
        "raffle_id": commitment.raffle_id,
        "first_number": commitment.first_number,
        "last_number": commitment.last_number,
        "prizes": list(commitment.prizes),
        "unsold": commitment.unsold.value,
        "draw_at": format_instant(commitment.draw_at),
        "method": randomness.to_document(commitment.method),
    }


def _redraw_document(redraw: Redraw) -> RedrawDocument:
    return {
        "version": VERSION,
        "raffle_id": redraw.raffle_id,
        "commitment_sha256": redraw.commitment_sha256,
        "root": redraw.root,
        "draw": redraw.draw,
        "reason": redraw.reason,
        "announced_at": format_instant(redraw.announced_at),
        "prizes": list(redraw.prizes),
        "excluded": list(redraw.excluded),
        "draw_at": format_instant(redraw.draw_at),
        "method": randomness.to_document(redraw.method),
    }


def _check_form(recomputed: Mapping[str, object], document: Mapping[str, object]) -> None:
    """Raise ValueError unless the object that was read is exactly the one that its values are published as."""
    if recomputed != document:
        raise ValueError(
            f"version {document.get('version')} is not {VERSION}, or the commitment is not in its own form"
        )
