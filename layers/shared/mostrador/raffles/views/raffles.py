"""Raffles as they travel."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from mostrador.fields import (
    Amount,
    Currency,
    Instant,
    Listing,
    LongText,
    Request,
    ShortText,
    Url,
    View,
    Whole,
    local,
    partial,
)
from mostrador.raffles.rules import prize_outcome
from mostrador.raffles.rules.states import MOST_PER_ORDER, RaffleStatus, printed_number
from mostrador.values import money

_HIGHEST = 999_999
_Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Prize(Request):
    name: ShortText = Field(title="Premio")
    description: _Paragraph | None = Field(None, title="Descripción")
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


class RaffleListing(Listing):
    status: RaffleStatus | None = Field(None, title="Estado")


class RaffleCancellation(Request):
    reason: ShortText = Field(title="Motivo")


class PrizeView(View):
    name: str = Field(title="Premio")
    description: str | None = Field(title="Descripción")
    value: str | None = Field(title="Valor")


class PackageView(View):
    numbers: int = Field(title="Cantidad de números")
    price: str = Field(title="Precio del paquete")


class PermitView(View):
    authority: str = Field(title="Autoridad")
    number: str = Field(title="Número de permiso o resolución")
    document_url: str = Field(title="URL del documento")


class DrawView(View):
    """A draw as it is on record: the first, and each redraw, held or still to come."""

    draw: int = Field(title="Sorteo")
    reason: str | None = Field(title="Motivo del nuevo sorteo")
    prizes: list[int] | None = Field(title="Premios que se vuelven a sortear")
    draw_at: datetime = Field(title="Fecha y hora")
    method: dict[str, Any] = Field(title="Método")
    evidence: dict[str, Any] | None = Field(title="Azar")
    drawn_at: datetime | None = Field(title="Realizado")


class PublicWinnerView(View):
    """A prize and who won it: the number as printed, the order's public code, the name as everybody may read it."""

    prize: int = Field(title="Puesto")
    name: str = Field(title="Premio")
    number: str | None = Field(title="Número")
    order: str | None = Field(title="Código de la orden")
    winner: str | None = Field(title="Ganador")
    claim_by: datetime = Field(title="Se reclama hasta")
    is_delivered: bool = Field(title="Entregado")


class WinnerView(PublicWinnerView):
    order_id: str | None = Field(title="Orden")
    delivered_to: str | None = Field(title="Entregado a")
    delivered_at: datetime | None = Field(title="Entregado el")
    delivery_note: str | None = Field(title="Nota de entrega")


class _RaffleFacts(View):
    id: str = Field(title="Identificador")
    title: str = Field(title="Título")
    description: str | None = Field(title="Descripción")
    prizes: list[PrizeView] = Field(title="Premios en orden")
    price: str = Field(title="Precio por número")
    currency: str = Field(title="Moneda")
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
    terms_url: str | None = Field(title="URL de bases y condiciones")
    image_url: str | None = Field(title="URL de la imagen")
    claim_days: int = Field(title="Días para reclamar los premios")
    status: RaffleStatus = Field(title="Estado")
    commitment: dict[str, Any] | None = Field(title="Compromiso del sorteo")
    commitment_sha256: str | None = Field(title="Huella del compromiso")
    opened_at: datetime | None = Field(title="Abierta")
    closed_at: datetime | None = Field(title="Cerrada")
    frozen_at: datetime | None = Field(title="Vendidos congelados")
    root: str | None = Field(title="Raíz de los vendidos")
    sold_count: int | None = Field(title="Números vendidos")
    draws: list[DrawView] = Field(title="Sorteos")
    cancel_reason: str | None = Field(title="Motivo de la cancelación")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, Any]:
        zone = ZoneInfo(item.time_zone)
        instants = ("sale_opens_at", "sale_closes_at", "draw_at", "opened_at", "closed_at", "frozen_at")
        return {name: local(getattr(item, name), zone) for name in instants} | {
            "price": money.text(item.price, item.currency),
            "packages": item.packages or [],
            "commitment_sha256": item.commitment_digest,
            "draws": [_draw(item, place, one, zone) for place, one in enumerate(item.draws or [], 1)],
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
    items: list[PublicRaffleView]
    next: str | None


class RafflePage(View):
    items: list[RaffleView]
    next: str | None


def _draw(item: Any, place: int, draw: prize_outcome.StoredDraw, zone: ZoneInfo) -> dict[str, Any]:
    redraw = draw["redraw"] or {}
    terms = redraw or item.commitment
    return {
        "draw": place,
        "reason": redraw.get("reason"),
        "prizes": redraw.get("prizes"),
        "draw_at": _read(terms["draw_at"], zone),
        "method": terms["method"],
        "evidence": draw["evidence"],
        "drawn_at": _read(draw["drawn_at"], zone),
    }


def _winners(item: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What each prize has come to, with its delivery; the views show of it what they name."""
    told = []
    for prize, won in sorted(prize_outcome.outcomes(item.draws or [], int(item.claim_days)).items()):
        delivery = (item.deliveries or {}).get(str(prize), {})
        told.append(
            {
                "prize": prize,
                "name": item.prizes[prize - 1]["name"],
                "number": None if won.number is None else printed_number(won.number, int(item.last_number)),
                "order": won.order,
                "order_id": won.order_id,
                "winner": won.name,
                "claim_by": local(won.claim_by, zone),
                "is_delivered": bool(delivery),
                "delivered_to": delivery.get("delivered_to"),
                "delivered_at": _read(delivery.get("delivered_at"), zone),
                "delivery_note": delivery.get("note"),
            }
        )
    return told


def _read(instant: str | None, zone: ZoneInfo) -> datetime | None:
    return local(datetime.fromisoformat(instant), zone) if instant else None
