"""What is published before a draw, so that nobody can steer it: by which method, for which prizes, among which numbers.

A raffle's ``Commitment`` is published before its sale opens, a ``Redraw`` before the randomness that it will use can be
known. Each is a JSON object known by its digest: the SHA-256, in hex, of its canonical form (RFC 8785: keys sorted, no
spaces, UTF-8).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from mostrador.errors import Invalid
from mostrador.raffles.rules import randomness
from mostrador.raffles.rules.randomness import CommitReveal, Method

VERSION: Final = 1


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
    en = "a redraw at {draw_at} cannot be announced at {announced_at}: its randomness may be known by then"
    es = "un nuevo sorteo de {draw_at} no se puede anunciar en {announced_at}: su azar ya se podría conocer"


class SecretAfterSale(Invalid):
    code = "secret_after_sale"
    en = "a redraw cannot use a secret: whoever chooses it can work out who would win"
    es = "un nuevo sorteo no puede usar un secreto: quien lo elige puede calcular quién ganaría"


class Unsold(StrEnum):
    """What becomes of the numbers that nobody bought."""

    SOLD_ONLY = "sold_only"  # they take no part
    DRAW_AGAIN = "draw_again"  # they take part; where one comes out, it is passed over and another is drawn
    HOUSE = "house"  # they take part; the prize of one that comes out stays with the organiser


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Fixed before the sale opens. ``prizes`` are their titles in order: the first is drawn first."""

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
    """Another draw of some prizes, by their place from 1, under another method or instant.

    ``draw`` is its own place among the draws: 2 after the first. ``excluded`` are numbers that won one of these prizes
    and no longer take part. Numbers that keep another prize never do.
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


def to_document(terms: DrawCommitment) -> dict[str, Any]:
    """The terms as the JSON object that is published."""
    told = {field.name: _plain(getattr(terms, field.name)) for field in fields(terms)}
    return {"version": VERSION} | told


def read_commitment(told: Mapping[str, Any]) -> Commitment:
    """The commitment of such an object. ValueError, TypeError or KeyError where it is none; what Commitment raises."""
    found = Commitment(
        **_common(told),
        first_number=told["first_number"],
        last_number=told["last_number"],
        prizes=tuple(told["prizes"]),
        unsold=Unsold(told["unsold"]),
    )
    _check_form(found, told)
    return found


def read_redraw(told: Mapping[str, Any]) -> Redraw:
    """The redraw of such an object. ValueError, TypeError or KeyError where it is none; what Redraw raises."""
    found = Redraw(
        **_common(told),
        commitment_sha256=told["commitment_sha256"],
        root=told["root"],
        draw=told["draw"],
        reason=told["reason"],
        announced_at=parse_instant(told["announced_at"]),
        prizes=tuple(told["prizes"]),
        excluded=tuple(told["excluded"]),
    )
    _check_form(found, told)
    return found


def digest(told: Mapping[str, Any]) -> str:
    """What published terms are known by."""
    return sha256(canonical(told)).hexdigest()


def seed(terms: DrawCommitment, evidence: Mapping[str, Any]) -> bytes:
    """The 32 bytes that decide a draw. Raises, by the method, where the evidence is not what was announced.

    They are the SHA-256 of a canonical object that names the raffle, the terms and the method, so that the same
    evidence decides another raffle, or the same one under other terms, in another way.
    """
    named = {
        "purpose": "mostrador draw",
        "version": VERSION,
        "raffle_id": terms.raffle_id,
        "terms_sha256": digest(to_document(terms)),
        "method": terms.method.name,
        "value": terms.method.value(evidence),
    }
    return sha256(canonical(named)).digest()


def canonical(told: Mapping[str, Any]) -> bytes:
    """RFC 8785, of objects without fractions whose keys are ASCII."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_instant(written: str) -> datetime:
    """The instant that ``text`` wrote. Raises ValueError where it names no zone."""
    read = datetime.fromisoformat(written)
    if read.tzinfo is None:
        raise ValueError(f"{written} has no zone")
    return read


def format_instant(at: datetime) -> str:
    """An instant as it is published: ``2026-12-24T22:00:00Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, Method):
        return randomness.to_document(value)
    if isinstance(value, Unsold):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _common(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "raffle_id": told["raffle_id"],
        "draw_at": parse_instant(told["draw_at"]),
        "method": randomness.read_method(told["method"]),
    }


def _check_form(terms: DrawCommitment, told: Mapping[str, Any]) -> None:
    """Nothing missing, nothing more, nothing written in another way: what was read is what the digest stands for."""
    if to_document(terms) != told:
        raise ValueError(f"version {told.get('version')} is not {VERSION}, or the terms are not in their own form")
