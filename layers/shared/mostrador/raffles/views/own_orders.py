"""Orders as their buyers see them, without an account."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from mostrador.fields import View, local
from mostrador.ledger.views.receipts import ReceiptView
from mostrador.raffles.rules.states import OrderStatus
from mostrador.raffles.views.claims import OwnPrizeView
from mostrador.raffles.views.orders import printed_numbers
from mostrador.tenancy.views.tenants import TransferDetailsView
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.raffles.public_orders import ManagedOrder
    from mostrador.table.items.raffles import Order


class OwnOrderLinks(View):
    self: shown.Path = Field(title="Ver")
    receipt: shown.Path = Field(title="Declarar el pago")
    cancel: shown.Path = Field(title="Cancelar")
    checkout: shown.Path = Field(title="Pagar en línea")
    mine: shown.Path = Field(title="Mis números")
    claim: shown.Path = Field(title="Reclamar los premios")


class NumberProofView(BaseModel):
    """The proof that a number is in the sold list: the hashes on its way up to the published root."""

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)
    version: int = Field(title="Versión del formato")
    raffle_id: shown.Id = Field(title="Rifa")
    commitment_sha256: shown.Sha256 = Field(title="Huella del compromiso")
    root: shown.Sha256 = Field(title="Raíz de los vendidos")
    size: int = Field(title="Números vendidos")
    order: shown.OrderCode = Field(title="Código de la orden")
    number: int = Field(title="Número")
    index: int = Field(title="Lugar en la lista, desde 0")
    path: list[shown.Sha256] = Field(title="Huellas hasta la raíz")


class OwnOrderView(View):
    """An order for its buyer, with the name that the buyer gave, never the one that the business has for the phone."""

    token: shown.Token = Field(
        title="Clave del enlace", description="Keep it secret: it lets anybody see and cancel the order."
    )
    links: OwnOrderLinks = Field(title="Enlaces")
    code: shown.OrderCode = Field(title="Código público")
    raffle_id: shown.Id = Field(title="Rifa")
    raffle_title: str = Field(title="Título de la rifa")
    numbers: list[shown.Number] = Field(title="Números")
    name: str = Field(title="Nombre y apellido")
    phone: shown.Phone | None = Field(title="Teléfono")
    status: OrderStatus = Field(title="Estado")
    hold_expires_at: datetime | None = Field(title="La reserva vence")
    review_due_at: datetime | None = Field(title="Se revisa hasta")
    receipt: ReceiptView | None = Field(title="Comprobante")
    receipt_refusal: str | None = Field(
        title="Por qué se rechazó el comprobante", description="While it is in review, another receipt can be declared."
    )
    total_amount: shown.Amount = Field(title="Importe total")
    currency: shown.Currency = Field(title="Moneda")
    transfer_details: TransferDetailsView | None = Field(
        title="Datos para transferencias", description="While it can be paid by transfer."
    )
    paid_at: datetime | None = Field(title="Pagada")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    proofs: list[NumberProofView] = Field(title="Comprobantes en la lista de vendidos")
    prizes: list[OwnPrizeView] = Field(title="Premios ganados")

    @classmethod
    def computed_fields(cls, item: "ManagedOrder") -> dict[str, object]:
        order, path = item.order, f"/tenant/{item.tenant}/public/orders/{item.token}"
        zone = ZoneInfo(order.time_zone)
        as_stored = (
            "code",
            "raffle_id",
            "raffle_title",
            "status",
            "currency",
            "receipt",
            "receipt_refusal",
            "time_zone",
        )
        return {name: getattr(order, name) for name in as_stored} | {
            "links": {"self": path}
            | {name: f"{path}/{name}" for name in ("receipt", "cancel", "checkout", "mine", "claim")},
            "numbers": printed_numbers(order),
            "name": order.ordered_as or order.customer_name,
            "phone": order.customer_phone,
            "hold_expires_at": local(order.hold_expires_at, zone),
            "review_due_at": local(order.review_due_at, zone),
            "paid_at": local(order.paid_at, zone),
            "total_amount": money.text(order.total_amount, order.currency),
        }


class OwnNumbersRow(View):
    code: shown.OrderCode = Field(title="Código público")
    status: OrderStatus = Field(title="Estado")
    numbers: list[shown.Number] = Field(title="Números")
    total_amount: shown.Amount = Field(title="Importe total")
    currency: shown.Currency = Field(title="Moneda")
    hold_expires_at: datetime | None = Field(title="La reserva vence")

    @classmethod
    def computed_fields(cls, item: "Order") -> dict[str, object]:
        return {
            "numbers": printed_numbers(item),
            "total_amount": money.text(item.total_amount, item.currency),
            "hold_expires_at": local(item.hold_expires_at, ZoneInfo(item.time_zone)),
        }


class OwnNumbersView(View):
    """The orders of one raffle that the link shows, the newest first."""

    raffle_id: shown.Id = Field(title="Rifa")
    raffle_title: str = Field(title="Título de la rifa")
    orders: list[OwnNumbersRow] = Field(title="Órdenes")
