"""Commitments: how a draw will be held, published before anybody can know its randomness, so that nobody can steer it.

A raffle's ``Commitment`` is published before its sale opens: the method, the prizes and the numbers. A ``Redraw`` is
the commitment of a later draw. Each is a JSON object, known by its digest: the SHA-256, in hex, of its canonical form
(RFC 8785: keys sorted, no spaces, UTF-8).

``VERSION`` is the present format. Documents of the first one are still read. There the prizes were names alone, terms
and time to claim were missing, a lottery did not say when it draws, and the seed of a redraw depended on its reason.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple, overload

from mostrador.errors import Invalid
from mostrador.raffles.rules import instants, randomness
from mostrador.raffles.rules.commitment_documents import CommitmentDocument, PrizeDocument, RedrawDocument
from mostrador.raffles.rules.randomness import Drand, Lottery, Method, PublicEvidence

VERSION: Final = 2
FIRST_VERSION: Final = 1
NOTICE: Final = timedelta(minutes=1)
"""At least, from the announcement of a redraw to the redraw."""


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


class RedrawNotByBeacon(Invalid):
    code = "redraw_not_by_beacon"
    en = "a redraw is held by the beacon drand alone: the outcome of {value} may be known to somebody"
    es = "un nuevo sorteo se hace solo con el faro drand: el resultado de {value} lo podría conocer alguien"


class Unsold(StrEnum):
    """What happens to the numbers that nobody bought."""

    SOLD_ONLY = "sold_only"  # they take no part
    DRAW_AGAIN = "draw_again"  # they take part; one that is drawn is passed over, and another is drawn
    HOUSE = "house"  # they take part; the prize of one that is drawn stays with the organiser


class Prize(NamedTuple):
    """A prize as it was promised."""

    name: str
    description: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Fixed before the sale opens; ``prizes`` are in the order of drawing, ``claim_days`` count from the draw.

    ``claim_days`` and ``terms_url`` are None in the first format. Raises PrizesDoNotFit, LotteryAtAnotherTime,
    ValueError for a lottery without its instant.
    """

    version: int = VERSION
    raffle_id: str
    first_number: int
    last_number: int
    prizes: tuple[Prize, ...]
    unsold: Unsold
    draw_at: datetime
    method: Method
    claim_days: int | None
    terms_url: str | None

    def __post_init__(self) -> None:
        if self.first_number < 0 or not 1 <= len(self.prizes) <= self.last_number - self.first_number + 1:
            raise PrizesDoNotFit(prizes=len(self.prizes), first=self.first_number, last=self.last_number)
        if self.version != FIRST_VERSION and isinstance(self.method, Lottery) and self.method.held_at is None:
            raise ValueError("the lottery does not say when it draws")
        known_from = randomness.known_from(self.method, self.draw_at)
        if known_from > self.draw_at:
            at = instants.published(self.draw_at)
            raise randomness.LotteryAtAnotherTime(value=instants.published(known_from), least=at, most=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraw:
    """The commitment of another draw of some ``prizes``, by their place from 1, with its own method or instant.

    ``draw`` is its place among the draws: 2 after the first. ``excluded`` numbers won one of these prizes before and no
    longer take part. Numbers that keep another prize never take part. The first format allowed a lottery, and any time
    before ``draw_at``. Raises NoReason, RedrawNotByBeacon, AnnouncedTooLate.
    """

    version: int = VERSION
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
        is_old = self.version == FIRST_VERSION
        if not isinstance(self.method, Drand) and not (is_old and isinstance(self.method, Lottery)):
            raise RedrawNotByBeacon(value=self.method.name)
        notice = self.draw_at - self.announced_at
        if notice <= timedelta(0) or (notice < NOTICE and not is_old):
            raise AnnouncedTooLate(
                announced_at=instants.published(self.announced_at), draw_at=instants.published(self.draw_at)
            )


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
    """The commitment of such an object, of any format.

    Raises ValueError, TypeError or KeyError where it is none, and what ``Commitment`` raises.
    """
    version = _version(document["version"])
    is_old = version == FIRST_VERSION
    commitment = Commitment(
        version=version,
        raffle_id=document["raffle_id"],
        first_number=integer(document["first_number"]),
        last_number=integer(document["last_number"]),
        prizes=tuple(Prize(prize) if isinstance(prize, str) else Prize(**prize) for prize in document["prizes"]),
        unsold=Unsold(document["unsold"]),
        draw_at=instants.parse(document["draw_at"]),
        method=randomness.read_method(document["method"]),
        claim_days=None if is_old else integer(document["claim_days"]),
        terms_url=None if is_old else document["terms_url"],
    )
    _check_form(to_document(commitment), document)
    return commitment


def read_redraw(document: RedrawDocument) -> Redraw:
    """The redraw of such an object, of any format.

    Raises ValueError, TypeError or KeyError where it is none, and what ``Redraw`` raises.
    """
    redraw = Redraw(
        version=_version(document["version"]),
        raffle_id=document["raffle_id"],
        commitment_sha256=document["commitment_sha256"],
        root=document["root"],
        draw=integer(document["draw"]),
        reason=document["reason"],
        announced_at=instants.parse(document["announced_at"]),
        prizes=tuple(map(integer, document["prizes"])),
        excluded=tuple(map(integer, document["excluded"])),
        draw_at=instants.parse(document["draw_at"]),
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
    """The 32 bytes that decide a draw: the SHA-256 of a canonical object with raffle, commitment, draw and value.

    So the same evidence decides another raffle, another commitment, or another draw of the same raffle differently.
    The words of a redraw, such as its reason, decide nothing. Raises, by the method, where the evidence is not the
    announced one.
    """
    value = commitment.method.value(evidence)
    common = {"purpose": "mostrador draw", "version": commitment.version, "raffle_id": commitment.raffle_id}
    seeded: dict[str, object] = common | {"method": commitment.method.name, "value": value}
    if commitment.version == FIRST_VERSION:
        seeded["terms_sha256"] = digest_of(commitment)
    elif isinstance(commitment, Redraw):
        seeded |= {"commitment_sha256": commitment.commitment_sha256, "draw": commitment.draw}
    else:
        seeded |= {"commitment_sha256": digest_of(commitment), "draw": 1}
    return sha256(canonical(seeded)).digest()


def canonical(document: Mapping[str, object]) -> bytes:
    """RFC 8785, of objects without fractions whose keys are ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _commitment_document(commitment: Commitment) -> CommitmentDocument:
    document: CommitmentDocument = {
        "version": commitment.version,
        "raffle_id": commitment.raffle_id,
        "first_number": commitment.first_number,
        "last_number": commitment.last_number,
        "prizes": _prize_documents(commitment),
        "unsold": commitment.unsold.value,
        "draw_at": instants.published(commitment.draw_at),
        "method": randomness.to_document(commitment.method),
    }
    if commitment.claim_days is not None and commitment.terms_url is not None:
        document["claim_days"], document["terms_url"] = commitment.claim_days, commitment.terms_url
    return document


def _prize_documents(commitment: Commitment) -> list[PrizeDocument] | list[str]:
    if commitment.version == FIRST_VERSION:
        return [prize.name for prize in commitment.prizes]
    return [PrizeDocument(name=name, description=about, value=value) for name, about, value in commitment.prizes]


def _redraw_document(redraw: Redraw) -> RedrawDocument:
    return {
        "version": redraw.version,
        "raffle_id": redraw.raffle_id,
        "commitment_sha256": redraw.commitment_sha256,
        "root": redraw.root,
        "draw": redraw.draw,
        "reason": redraw.reason,
        "announced_at": instants.published(redraw.announced_at),
        "prizes": list(redraw.prizes),
        "excluded": list(redraw.excluded),
        "draw_at": instants.published(redraw.draw_at),
        "method": randomness.to_document(redraw.method),
    }


def integer(value: object) -> int:
    """``value`` if it is a whole number, which neither true nor 1.0 is. Raises TypeError."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _version(version: int) -> int:
    """``version`` if it is a format that is read here. Raises ValueError."""
    if integer(version) not in (FIRST_VERSION, VERSION):
        raise ValueError(f"version {version} is neither {FIRST_VERSION} nor {VERSION}")
    return version


def _check_form(recomputed: Mapping[str, object], document: Mapping[str, object]) -> None:
    """Raise ValueError unless the object that was read is exactly the one that its values are published as."""
    if canonical(recomputed) != canonical(document):
        raise ValueError(f"the commitment is not in the own form of version {document.get('version')}")
