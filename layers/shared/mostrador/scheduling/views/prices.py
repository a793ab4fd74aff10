"""Prices of appointments in requests and answers: the agreed amount, extras, the discount and what is due."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Amount, Id, Part, Request, ShortText, View, Whole
from mostrador.ledger.rules.surpluses import PriceSurplus
from mostrador.people.rules.permissions import Action
from mostrador.scheduling.rules import prices as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.values import money, schema_rules, shown

if TYPE_CHECKING:
    from mostrador.scheduling.prices import PriceSheet
    from mostrador.table.items.scheduling import Appointment

_SURPLUS: Final = "Where more is paid than the new price: whether the rest is given back."
_ONE_DISCOUNT: Final = schema_rules.either("percent", "amount")


class NewDiscount(Request):
    """Either ``percent`` or ``amount``; 0 takes the discount off."""

    model_config = schema_rules.without(*_ONE_DISCOUNT)
    percent: Whole | None = Field(None, ge=0, le=rules.WHOLE, title="Porcentaje")
    amount: Amount | None = Field(None, title="Importe")
    reason: ShortText = Field(title="Motivo")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise PydanticCustomError("one_discount", "give either percent or amount")
        return self


class NewExtra(Request):
    description: ShortText = Field(title="Descripción")
    quantity: Whole = Field(1, ge=1, le=999, title="Cantidad")
    amount: Amount = Field(title="Importe de cada uno")
    service_id: Id | None = Field(None, title="Servicio", description="The service that it is, if it is one.")


class AgreedPrice(Request):
    amount: Amount = Field(title="Importe", description="In place of the service's price; extras and discount stay.")
    reason: ShortText = Field(title="Motivo")


class PriceSetting(AgreedPrice):
    surplus: PriceSurplus | None = Field(None, title="Qué se hace con lo pagado de más", description=_SURPLUS)


class Discounting(NewDiscount):
    model_config = schema_rules.without(*_ONE_DISCOUNT)
    surplus: PriceSurplus | None = Field(None, title="Qué se hace con lo pagado de más", description=_SURPLUS)


class ExtraRemoval(Request):
    surplus: PriceSurplus | None = Field(None, title="Qué se hace con lo pagado de más", description=_SURPLUS)


class Pricing(Request):
    """The price of a booking where it is not the service's."""

    price: AgreedPrice | None = Field(None, title="Precio acordado", description="For admins.")
    discount: NewDiscount | None = Field(None, title="Descuento")
    extras: Annotated[list[NewExtra], Field(max_length=rules.MOST_EXTRAS)] = Field([], title="Extras")

    def price_actions(self) -> list[Action]:
        """What the caller must be allowed besides booking."""
        wanted = {Action.SET_PRICE: self.price, Action.DISCOUNT: self.discount, Action.ADD_EXTRAS: self.extras}
        return [action for action, given in wanted.items() if given]


class DiscountView(Part):
    percent: int | None = Field(title="Porcentaje")
    amount: shown.Amount = Field(title="Importe")
    reason: str = Field(title="Motivo")
    by: str = Field(title="Hecho por")


class ExtraView(Part):
    id: shown.Id = Field(title="Identificador")
    description: str = Field(title="Descripción")
    quantity: int = Field(title="Cantidad")
    amount: shown.Amount = Field(title="Importe de cada uno")
    total: shown.Amount = Field(title="Importe de la línea")
    service_id: shown.Id | None = Field(title="Servicio")
    by: str = Field(title="Agregado por")


class TipView(Part):
    payment_id: shown.PaymentId = Field(title="Pago")
    amount: shown.Amount = Field(title="Importe")
    resource_id: shown.Id = Field(title="Para")
    resource_name: str = Field(title="Nombre")


class PublicExtraView(Part):
    description: str = Field(title="Descripción")
    quantity: int = Field(title="Cantidad")
    total: shown.Amount = Field(title="Importe de la línea")


_ENDED: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED})


def amounts(appointment: "Appointment") -> dict[str, str | None]:
    """The price with its parts, the deposit, the paid amount and the due one, with the currency's digits."""
    price, currency = rules.price_of(appointment), appointment.currency
    due = Decimal(0) if AppointmentStatus(appointment.status) in _ENDED else rules.due_of(appointment)
    exact = {
        "base_amount": price.agreed,
        "extras_amount": price.extras,
        "discount_amount": price.discount,
        "total_amount": appointment.total_amount,
        "paid_amount": rules.paid_of(appointment),
        "amount_due": due,
    }
    deposit = appointment.deposit_amount
    told: dict[str, str | None] = {name: money.text(amount, currency) for name, amount in exact.items()}
    return told | {"deposit_amount": None if deposit is None else money.text(deposit, currency)}


def lines(appointment: "Appointment") -> dict[str, object]:
    """The extras, the tips and the discount in an answer for staff."""
    discount, currency = appointment.discount, appointment.currency
    taken_off = money.text(rules.price_of(appointment).discount, currency)
    tips = rules.live_tips(appointment.tips or [], appointment.payment_ids or [])
    return {
        "extras": [extra | _line_total(extra, currency) for extra in rules.live(appointment.extras or [])],
        "tips": tips,
        "tips_amount": money.text(sum((Decimal(tip["amount"]) for tip in tips), Decimal(0)), currency),
        "discount": None if discount is None else {**discount, "amount": taken_off},
    }


def public_extras(appointment: "Appointment") -> list[dict[str, object]]:
    """The extras as the customer sees them."""
    extras = rules.live(appointment.extras or [])
    return [
        {name: extra[name] for name in ("description", "quantity")} | _line_total(extra, appointment.currency)
        for extra in extras
    ]


def _line_total(extra: rules.Extra, currency: str) -> dict[str, object]:
    return {"total": money.text(rules.cost(extra), currency)}


class PriceView(View):
    """The price with its lines, and what the caller may do about it."""

    appointment_id: shown.Id = Field(title="Turno")
    currency: shown.Currency = Field(title="Moneda")
    base_amount: shown.Amount = Field(title="Precio acordado")
    extras: list[ExtraView] = Field(title="Extras")
    extras_amount: shown.Amount = Field(title="Importe de los extras")
    discount: DiscountView | None = Field(title="Descuento")
    discount_amount: shown.Amount = Field(title="Importe del descuento")
    total_amount: shown.Amount = Field(title="Importe total")
    deposit_amount: shown.Amount | None = Field(title="Seña")
    paid_amount: shown.Amount = Field(title="Pagado")
    amount_due: shown.Amount = Field(title="Falta pagar")
    tips: list[TipView] = Field(title="Propinas")
    tips_amount: shown.Amount = Field(title="Importe de las propinas")
    payment_status: PaymentStatus = Field(title="Estado del pago")
    can_change: bool = Field(title="El precio se puede cambiar")
    most_discount_percent: int = Field(
        title="Descuento máximo (porcentaje)", description="The limit of the caller's role."
    )

    @classmethod
    def computed_fields(cls, item: "PriceSheet") -> dict[str, object]:
        appointment = item.appointment
        same = {name: getattr(appointment, name) for name in ("currency", "payment_status")}
        return amounts(appointment) | lines(appointment) | same | {"appointment_id": appointment.id}
