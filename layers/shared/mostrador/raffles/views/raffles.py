"""Raffles in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import (
    Amount,
    Currency,
    Instant,
    ListingById,
    LongText,
    Paragraph,
    Request,
    Several,
    ShortText,
    Url,
    View,
    Whole,
    local,
    partial,
)
from mostrador.raffles.rules import commitments, prize_outcome
from mostrador.raffles.rules.states import MOST_PER_ORDER, RaffleStatus, printed_number
from mostrador.raffles.views.commitments import CommitmentView, EvidenceView, MethodView
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.raffles.rules.prize_outcome import StoredDraw
    from mostrador.table.items.raffles import Raffle

_HIGHEST = 999_999


class Prize(Request):
    name: ShortText = Field(title="Premio")
    description: Paragraph | None = Field(None, title="Descripción")
    value: ShortText | None = Field(None, title="Valor")


class Package(Request):
    numbers: Whole = Field(ge=2, le=MOST_PER_ORDER, title="Cantidad de números")
    price: Amount = Field(title="Precio del paquete")


class Permit(Request):
    authority: ShortText = Field(title="Autoridad")
    number: ShortText = Field(title="Número de permiso o resolución")
    document_url: Url = Field(title="URL del documento")


class NewRaffle(Request):
    entity = "raffle"
    title: ShortText = Field(title="Título")
    description: LongText | None = Field(None, title="Descripción")
    prizes: list[Prize] = Field([], max_length=50, title="Premios en orden")
    price: Amount = Field(title="Precio por número")
    currency: Currency | None = Field(None, title="Moneda", description="The tenant's currency when left out.")
    packages: list[Package] = Field([], max_length=10, title="Paquetes")
    first_number: Whole = Field(ge=0, le=_HIGHEST, title="Primer número")
    last_number: Whole = Field(ge=0, le=_HIGHEST, title="Último número")
    numbers_per_order: Whole = Field(MOST_PER_ORDER, ge=1, le=MOST_PER_ORDER, title="Máximo de números por orden")
    numbers_per_customer: Whole | None = Field(None, ge=1, le=100_000, title="Máximo de números por cliente")
    hold_minutes: Whole = Field(15, ge=1, le=1440, title="Minutos de reserva sin pago")
    sale_opens_at: Instant | None = Field(None, title="Inicio de la venta", description="At once when null.")
    sale_closes_at: Instant = Field(title="Cierre de la venta")
    draw_at: Instant = Field(title="Fecha y hora del sorteo")
    draw_place: ShortText | None = Field(None, title="Lugar del sorteo")
    organiser: ShortText = Field(title="Organizador")
    organiser_tax_id: ShortText | None = Field(None, title="RUC del organizador")
    permit: Permit | None = Field(None, title="Permiso")
    terms_url: Url | None = Field(None, title="URL de bases y condiciones")
    image_url: Url | None = Field(None, title="URL de la imagen")
    claim_days: Whole = Field(60, ge=1, le=366, title="Días para reclamar los premios")


@partial
class RaffleChanges(NewRaffle):
    """PATCH."""


class RaffleListing(ListingById):
    status: Several[RaffleStatus] = Field(None, title="Estado")
    sort: Literal["created_at", "-created_at"] = Field("-created_at", title="Orden")


class RaffleCancellation(Request):
    reason: ShortText = Field(title="Motivo")


class PrizeView(View):
    name: str = Field(title="Premio")
    description: str | None = Field(title="Descripción")
    value: str | None = Field(title="Valor")


class PackageView(View):
    numbers: int = Field(title="Cantidad de números")
    price: shown.Amount = Field(title="Precio del paquete")


class PermitView(View):
    authority: str = Field(title="Autoridad")
    number: str = Field(title="Número de permiso o resolución")
    document_url: shown.Url = Field(title="URL del documento")


class DrawView(View):
    """A draw on record: the first, and each redraw, held or announced."""

    draw: int = Field(title="Sorteo")
    reason: str | None = Field(title="Motivo del nuevo sorteo")
    prizes: list[int] | None = Field(title="Premios que se vuelven a sortear")
    terms_sha256: shown.Sha256 = Field(
        title="Huella de sus condiciones", description="Of a redraw the digest of its announcement, for --redraw."
    )
    draw_at: datetime = Field(title="Fecha y hora")
    method: MethodView = Field(title="Método")
    evidence: EvidenceView | None = Field(title="Azar")
    drawn_at: datetime | None = Field(title="Realizado")


class PublicWinnerView(View):
    """A prize and its winner: the number as printed, the order's public code, the masked name."""

    prize: int = Field(title="Puesto")
    name: str = Field(title="Premio")
    number: shown.Number | None = Field(title="Número")
    order: shown.OrderCode | None = Field(title="Código de la orden")
    winner: str | None = Field(title="Ganador")
    claim_by: datetime = Field(title="Se reclama hasta")
    is_claimed: bool = Field(title="Reclamado", description="Then it is not drawn again.")
    is_delivered: bool = Field(title="Entregado")


class WinnerView(PublicWinnerView):
    order_id: shown.Id | None = Field(title="Orden")
    claimed_at: datetime | None = Field(title="Reclamado el")
    delivered_to: str | None = Field(title="Entregado a")
    delivered_at: datetime | None = Field(title="Entregado el")
    delivery_note: str | None = Field(title="Nota de entrega")


class _RaffleFacts(View):
    id: shown.Id = Field(title="Identificador")
    title: str = Field(title="Título")
    description: str | None = Field(title="Descripción")
    prizes: list[PrizeView] = Field(title="Premios en orden")
    price: shown.Amount = Field(title="Precio por número")
    currency: shown.Currency = Field(title="Moneda")
    packages: list[PackageView] = Field(title="Paquetes")
    first_number: int = Field(title="Primer número")
    last_number: int = Field(title="Último número")
    numbers_per_order: int = Field(title="Máximo de números por orden")
    numbers_per_customer: int | None = Field(title="Máximo de números por cliente")
    hold_minutes: int = Field(title="Minutos de reserva sin pago")
    sale_opens_at: datetime | None = Field(title="Inicio de la venta")
    sale_closes_at: datetime = Field(title="Cierre de la venta")
    draw_at: datetime = Field(title="Fecha y hora del sorteo")
    draw_place: str | None = Field(title="Lugar del sorteo")
    organiser: str = Field(title="Organizador")
    organiser_tax_id: str | None = Field(title="RUC del organizador")
    permit: PermitView | None = Field(title="Permiso")
    terms_url: shown.Url | None = Field(title="URL de bases y condiciones")
    image_url: shown.Url | None = Field(title="URL de la imagen")
    claim_days: int = Field(title="Días para reclamar los premios")
    status: RaffleStatus = Field(title="Estado")
    commitment: CommitmentView | None = Field(title="Compromiso del sorteo")
    commitment_sha256: shown.Sha256 | None = Field(title="Huella del compromiso")
    opened_at: datetime | None = Field(title="Abierta")
    closed_at: datetime | None = Field(title="Cerrada")
    frozen_at: datetime | None = Field(title="Vendidos congelados")
    root: shown.Sha256 | None = Field(title="Raíz de los vendidos")
    sold_count: int | None = Field(title="Números vendidos")
    draws: list[DrawView] = Field(title="Sorteos")
    cancel_reason: str | None = Field(title="Motivo de la cancelación")

    @classmethod
    def computed_fields(cls, item: "Raffle") -> dict[str, object]:
        """Instants on the tenant's clock, prices with the digits of the currency, draws and winners."""
        zone = ZoneInfo(item.time_zone)
        instants = ("sale_opens_at", "sale_closes_at", "draw_at", "opened_at", "closed_at", "frozen_at")
        return {name: local(getattr(item, name), zone) for name in instants} | {
            "price": money.text(item.price, item.currency),
            "packages": item.packages or [],
            "commitment_sha256": item.commitment_digest,
            "draws": [_draw(item, place, draw, zone) for place, draw in enumerate(item.draws or [], 1)],
            "winners": _winners(item, zone),
        }


class PublicRaffleView(_RaffleFacts):
    winners: list[PublicWinnerView] = Field(title="Ganadores")


class RaffleView(_RaffleFacts):
    entity = "raffle"
    winners: list[WinnerView] = Field(title="Ganadores")
    created_by: str = Field(title="Creada por")
    created_at: datetime = Field(title="Creada")
    version: int = Field(title="Versión")


class PublicRafflePage(View):
    items: list[PublicRaffleView] = Field(title="Elementos")
    next: shown.Next


class RafflePage(View):
    items: list[RaffleView] = Field(title="Elementos")
    next: shown.Next


def _draw(raffle: "Raffle", place: int, draw: "StoredDraw", zone: ZoneInfo) -> dict[str, object]:
    """A draw; the first one has neither reason nor prizes of its own."""
    redraw, commitment = draw["redraw"], draw["redraw"] or raffle.commitment
    return {
        "draw": place,
        "reason": redraw["reason"] if redraw else None,
        "prizes": redraw["prizes"] if redraw else None,
        "terms_sha256": commitments.digest(redraw) if redraw else raffle.commitment_digest,
        "draw_at": _instant(commitment["draw_at"], zone),
        "method": commitment["method"],
        "evidence": draw["evidence"],
        "drawn_at": _instant(draw["drawn_at"], zone),
    }


def _winners(raffle: "Raffle", zone: ZoneInfo) -> list[dict[str, object]]:
    """The outcome and the delivery of each prize, with the fields of ``WinnerView``; the public view has fewer."""
    outcomes = prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days))
    return [_winner(raffle, outcome, zone) for _, outcome in sorted(outcomes.items())]


def _winner(raffle: "Raffle", outcome: prize_outcome.PrizeOutcome, zone: ZoneInfo) -> dict[str, object]:
    delivery = (raffle.deliveries or {}).get(str(outcome.prize))
    claimed = (raffle.claims or {}).get(str(outcome.prize))
    return {
        "prize": outcome.prize,
        "name": raffle.prizes[outcome.prize - 1]["name"],
        "number": None if outcome.number is None else printed_number(outcome.number, int(raffle.last_number)),
        "order": outcome.order,
        "order_id": outcome.order_id,
        "winner": outcome.name,
        "claim_by": local(outcome.claim_by, zone),
        "is_claimed": claimed is not None,
        "claimed_at": _instant(claimed, zone),
        "is_delivered": delivery is not None,
        "delivered_to": delivery["delivered_to"] if delivery else None,
        "delivered_at": _instant(delivery["delivered_at"] if delivery else None, zone),
        "delivery_note": delivery["note"] if delivery else None,
    }


def _instant(published: str | None, zone: ZoneInfo) -> datetime | None:
    """A published instant on the tenant's clock."""
    return datetime.fromisoformat(published).astimezone(zone) if published else None
