"""The terms of a raffle: what is promised when its sale opens, and how it will be drawn."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mostrador.errors import Conflict
from mostrador.raffles import beacon
from mostrador.raffles.rules import commitments, instants, randomness, sale_window
from mostrador.raffles.rules.commitment_documents import CommitmentDocument
from mostrador.raffles.rules.commitments import Prize
from mostrador.raffles.rules.randomness import CommitReveal, Lottery, LotteryAtAnotherTime, Method
from mostrador.table.items.raffles import Raffle
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import ByLottery, Opening


class NotReady(Conflict):
    code = "raffle_not_ready"
    en = "the raffle cannot open: its {name:raffle_field} is missing"
    es = "la rifa no se puede abrir: falta {name:raffle_field}"
    next_action = NextAction.COMPLETE_RAFFLE
    past = (
        "la rifa no se puede abrir: el cierre de la venta ya pasó",
        "the raffle cannot open: the end of its sale is past",
    )

    def variant(self, _reader: Reader) -> Words | None:
        return self.past if self.facts["name"] == "sale_closes_at" else None


class OpenedOtherwise(Conflict):
    code = "opened_otherwise"
    en = "the raffle was opened on {opened_at:time} with another {name:opening_field}, which stays"
    es = "la rifa se abrió el {opened_at:time} con {name:opening_field}, que ya no cambia"
    next_action = NextAction.READ_AGAIN


def commitment(raffle: Raffle, form: "Opening") -> CommitmentDocument:
    """The raffle's commitment, to be published. Raises NotReady without prizes or terms, and as ``method_of``."""
    if not raffle.prizes:
        raise NotReady(name="prizes")
    if not raffle.terms_url:
        raise NotReady(name="terms_url")
    return commitments.to_document(
        commitments.Commitment(
            raffle_id=raffle.id,
            first_number=int(raffle.first_number),
            last_number=int(raffle.last_number),
            prizes=tuple(Prize(prize["name"], prize["description"], prize["value"]) for prize in raffle.prizes),
            unsold=form.unsold,
            draw_at=raffle.draw_at,
            method=method_of(raffle, form),
            claim_days=int(raffle.claim_days),
            terms_url=raffle.terms_url,
        )
    )


def method_of(raffle: Raffle, form: "Opening") -> Method:
    """The method that a request asks for. Raises GuessableLottery, LotteryAtAnotherTime, BeforeTheChain."""
    from mostrador.raffles.views.draws import ByCommitReveal, ByDrand  # noqa: PLC0415 - settling money needs no pydantic

    asked = form.method
    if isinstance(asked, ByDrand):
        return beacon.method(raffle.draw_at)
    fields = asked.model_dump(exclude={"name", "held_at"})
    if isinstance(asked, ByCommitReveal):
        return CommitReveal(**fields)
    return Lottery(**fields, held_at=_held_at(raffle, asked))


def check_same(raffle: Raffle, form: "Opening") -> None:
    """Raise OpenedOtherwise where an open raffle was opened with another method or rule than the form has."""
    published = commitments.read_commitment(raffle.commitment)
    asked = method_of(raffle, form)
    if isinstance(asked, Lottery) and published.version == commitments.FIRST_VERSION:
        asked = replace(asked, held_at=None)
    differing = {
        "method": (asked != published.method, form.method.name),
        "unsold": (form.unsold is not published.unsold, form.unsold.value),
    }
    for name, (differs, value) in differing.items():
        if differs:
            opened_at = instants.published(raffle.opened_at)
            raise OpenedOtherwise(field=f"body.{name}", value=value, name=name, opened_at=opened_at)


def outcome_known_from(raffle: Raffle) -> datetime | None:
    """The instant from which somebody can know who wins; None where the raffle was not opened.

    The author of a secret can work it out once the sale has ended, everybody else when the randomness is public.
    """
    if not raffle.commitment:
        return None
    published = commitments.read_commitment(raffle.commitment)
    if isinstance(published.method, CommitReveal):
        return raffle.closed_at or raffle.sale_closes_at
    return randomness.known_from(published.method, published.draw_at)


def check_ready(raffle: Raffle, now: datetime) -> None:
    """Raise NotReady where the sale has ended already."""
    if raffle.sale_closes_at <= now:
        raise NotReady(name="sale_closes_at")


def _held_at(raffle: Raffle, asked: "ByLottery") -> datetime:
    """When the lottery draws: after the last number was sold and not after the draw. Raises LotteryAtAnotherTime."""
    held_at = asked.held_at.replace(microsecond=0) if asked.held_at else raffle.draw_at
    least = raffle.sale_closes_at + timedelta(minutes=int(raffle.hold_minutes)) + sale_window.BEFORE_DRAW
    if not least <= held_at <= raffle.draw_at:
        raise LotteryAtAnotherTime(
            field="body.method.held_at",
            value=instants.published(held_at),
            least=instants.published(least),
            most=instants.published(raffle.draw_at),
        )
    return held_at
