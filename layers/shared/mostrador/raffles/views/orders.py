"""Orders of raffle numbers in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, NotRequired, Protocol, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from mostrador.fields import (
    Email,
    Id,
    ListingById,
    ListingByTime,
    LongText,
    Phone,
    Request,
    Several,
    ShortText,
    View,
    Whole,
    local,
)
from mostrador.ledger.views.payments import ManualPayment, PaymentView
from mostrador.ledger.views.receipts import ReceiptView
from mostrador.people.views.customers import NewCustomer
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.rules.states import MOST_PER_ORDER, OrderChange, OrderStatus, printed_number
from mostrador.values import money, schema_rules, shown

if TYPE_CHECKING:
    from mostrador.table.items.raffles import Order

HIGHEST = 999_999
_Number = Annotated[Whole, Field(ge=0, le=HIGHEST)]
_User = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]


_ONE_CHOICE: Final = schema_rules.either("numbers", "count")


class _Choice(Request):
    """Either ``numbers`` or ``count``."""

    model_config = schema_rules.without(*_ONE_CHOICE)
    numbers: list[_Number] | None = Field(None, min_length=1, max_length=MOST_PER_ORDER, title="Números elegidos")
    count: Whole | None = Field(None, ge=1, le=MOST_PER_ORDER, title="Cantidad de números al azar")

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.numbers is None) == (self.count is None):
            raise PydanticCustomError("one_choice", "give either numbers or count")
        return self


class NewOrder(_Choice):
    """Either ``customer_id`` or ``customer``; a known phone in ``customer`` means the customer who has it."""

    model_config = schema_rules.without(*_ONE_CHOICE, *schema_rules.either("customer_id", "customer"))
    customer_id: Id | None = Field(None, title="Cliente")
    customer: NewCustomer | None = Field(None, title="Datos del cliente")
    seller: _User | None = Field(None, title="Vendedor", description="A member; the caller when left out.")
    notes: LongText | None = Field(None, title="Notas")
    paid: ManualPayment | None = Field(None, title="Pagado en el acto", description="Sold, not only reserved.")

    @model_validator(mode="after")
    def _one_customer(self) -> Self:
        if (self.customer_id is None) == (self.customer is None):
            raise PydanticCustomError("one_customer", "give either customer_id or customer")
        return self


class PublicOrder(_Choice):
    name: ShortText = Field(title="Nombre y apellido")
    phone: Phone = Field(title="Teléfono", examples=["0981 123 456"])
    email: Email | None = Field(None, title="Correo")


class OrderCancellation(Request):
    reason: LongText = Field("", title="Motivo")


class OrderListing(ListingByTime, ListingById):
    status: Several[OrderStatus] = Field(None, title="Estado")
    seller: Several[_User] = Field(None, title="Vendedor")
    customer: Id | None = Field(None, title="Cliente")
    overdue: bool | None = Field(None, title="Comprobantes sin revisar a tiempo")
    perhaps_owed: bool | None = Field(None, title="Quizá se debe devolver dinero")
    sort: Literal["created_at", "-created_at"] = Field("-created_at", title="Orden")


def printed_numbers(order: "Order") -> list[str]:
    """An order's numbers as they are printed."""
    return [printed_number(number, int(order.last_number)) for number in order.numbers]


class OrderEvent(TypedDict):
    at: Annotated[shown.Instant, Field(title="Cuándo")]
    by: Annotated[str, Field(title="Quién")]
    change: Annotated[OrderChange, Field(title="Cambio")]
    reason: NotRequired[Annotated[str, Field(title="Motivo")]]
    payment: NotRequired[Annotated[shown.PaymentId, Field(title="Pago")]]


class OrderView(View):
    id: shown.Id = Field(title="Identificador")
    code: shown.OrderCode = Field(title="Código público")
    raffle_id: shown.Id = Field(title="Rifa")
    raffle_title: str = Field(title="Título de la rifa")
    numbers: list[shown.Number] = Field(title="Números")
    customer_id: shown.Id = Field(title="Cliente")
    customer_name: str = Field(title="Nombre del cliente")
    customer_phone: shown.Phone | None = Field(title="Teléfono del cliente")
    ordered_as: str | None = Field(title="Pedido a nombre de")
    seller: shown.User | None = Field(title="Vendedor")
    status: OrderStatus = Field(title="Estado")
    hold_expires_at: datetime | None = Field(title="La reserva vence")
    receipt: ReceiptView | None = Field(title="Comprobante")
    receipt_refusal: str | None = Field(title="Por qué se rechazó el comprobante", description="Its buyer sees it.")
    review_due_at: datetime | None = Field(title="Revisar hasta")
    is_kept: bool = Field(
        title="Se mantiene en revisión", description="In review until the sale cutoff, not only until `review_due_at`."
    )
    total_amount: shown.Amount = Field(title="Importe total")
    currency: shown.Currency = Field(title="Moneda")
    paid_at: datetime | None = Field(title="Pagada")
    payment_id: shown.PaymentId | None = Field(title="Pago")
    bancard_transaction_id: str | None = Field(title="Transacción de Bancard")
    is_perhaps_owed: bool = Field(
        title="Quizá se debe devolver dinero", description="It ended in review: check whether the money came."
    )
    notes: str | None = Field(title="Notas")
    history: list[OrderEvent] = Field([], title="Historial")
    created_by: str = Field(title="Creada por")
    created_at: datetime = Field(title="Creada")
    updated_at: datetime | None = Field(title="Modificada")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Order") -> dict[str, object]:
        """Numbers as printed, instants on the tenant's clock, the amount with its currency's digits."""
        zone = ZoneInfo(item.time_zone)
        instants = ("hold_expires_at", "review_due_at", "paid_at", "created_at", "updated_at")
        return {name: local(getattr(item, name), zone) for name in instants} | {
            "numbers": printed_numbers(item),
            "is_perhaps_owed": bool(item.is_perhaps_owed),
            "is_kept": bool(item.is_kept),
            "history": item.history or [],
            "total_amount": money.text(item.total_amount, item.currency),
        }


class OrderPage(View):
    items: list[OrderView] = Field(title="Elementos")
    next: shown.Next


class _WithTarget(Protocol):
    """A settled payment: its ``target`` is the order."""

    @property
    def target(self) -> object: ...


class SettledView(View):
    """A payment and its order; where the payment is REFUND_DUE, it does not pay the order."""

    order: OrderView = Field(title="Orden")
    payment: PaymentView = Field(title="Pago")

    @classmethod
    def computed_fields(cls, item: _WithTarget) -> dict[str, object]:
        return {"order": item.target}


class OrderLinkView(View):
    """The buyer's link, which shows all numbers that the customer has in the raffle."""

    token: shown.Token = Field(title="Clave del enlace")
    path: shown.Path = Field(title="Enlace")


class SellerView(View):
    """The paid sales of one member in a raffle; ``email`` is null after the member has left."""

    seller: shown.User = Field(title="Vendedor")
    email: shown.Email | None = Field(title="Correo del vendedor")
    orders: int = Field(title="Órdenes pagadas")
    numbers: int = Field(title="Números vendidos")
    amount: shown.Amount = Field(title="Importe")
    currency: shown.Currency = Field(title="Moneda")


class SellerPage(View):
    items: list[SellerView] = Field(title="Elementos")
    next: shown.Next


class HolderView(View):
    number: shown.Number = Field(title="Número")
    state: NumberState = Field(title="Estado")
    order: OrderView | None = Field(title="Orden")
