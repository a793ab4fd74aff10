"""An appointment's price as it is stored, and what follows from it: the deposit and the state of the payment."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.ledger.rules import payment_states, reviews
from mostrador.ledger.rules.payment_states import paid_status
from mostrador.scheduling.rules import prices as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.prices import Discount, Extra
from mostrador.table.items.scheduling import Appointment, Service
from mostrador.table.items.tenants import Tenant
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.scheduling.views.prices import NewDiscount, NewExtra, Pricing


def enter(appointment: Appointment, total: Decimal) -> None:
    """Set the total, with the deposit (never more than it) and the state of the payment."""
    paid, before = rules.paid_of(appointment), PaymentStatus(appointment.payment_status)
    empty = PaymentStatus.REFUNDED if before is PaymentStatus.REFUNDED else PaymentStatus.PENDING
    appointment.total_amount, appointment.payment_status = total, paid_status(paid, total, empty=empty).value
    if appointment.deposit_amount:
        appointment.deposit_amount = min(appointment.deposit_amount, total) or None


def replace(appointment: Appointment, total: Decimal) -> None:
    """Make ``total`` the agreed price of an appointment without extras and discount. Raises PriceHasLines."""
    if rules.has_lines(appointment):
        raise rules.PriceHasLines(field="body.total_amount", value=str(total))
    appointment.base_amount = total
    enter(appointment, total)


def deposit(service: Service) -> Decimal | None:
    """The amount that the service asks for beforehand; None where that is nothing."""
    if not service.deposit_percent or not service.price:
        return None
    return payment_states.deposit(service.price, service.deposit_percent, service.currency)


def money_state(appointment: Appointment) -> PaymentStatus:
    """The state of its payment as far as money is concerned: one that is free is PAID and holds none."""
    if appointment.payment_ids and not appointment.paid_amount:  # a tip
        return PaymentStatus.PARTIAL
    is_free = appointment.total_amount <= 0 and not appointment.paid_amount
    return PaymentStatus.PENDING if is_free else PaymentStatus(appointment.payment_status)


def may_be_owed(appointment: Appointment) -> bool | None:
    """True where its money is perhaps owed once it ends now: a receipt says that it came, and nobody has looked."""
    is_in_review = appointment.status == AppointmentStatus.IN_REVIEW
    return reviews.may_be_owed(appointment.total_amount, is_in_review=is_in_review) or appointment.is_perhaps_owed


def waits_for_nothing(appointment: Appointment) -> bool:
    """Whether it is held for a payment though it costs nothing. An offer of the waiting list waits for an answer."""
    is_pending = appointment.status == AppointmentStatus.PENDING and not appointment.waiting_id
    is_held = is_pending and appointment.hold_expires_at
    return bool(is_held and appointment.total_amount <= 0)


def limit_of(tenant: Tenant, role: str) -> int:
    """Percent of the price that ``role`` may take off; a superuser may take off all of it."""
    limits: Mapping[str, int] = tenant.discount_limits or {}
    return int(limits.get(role, rules.LIMITS.get(role, 0)))


def discount(form: "NewDiscount", currency: str, actor_name: str) -> Discount | None:
    """The discount as it is stored; None where the form takes nothing off. Raises BadAmount."""
    amount = None if form.amount is None else money.amount(form.amount, currency, field="body.discount.amount")
    if not form.percent and not amount:
        return None
    told = None if amount is None else money.text(amount, currency)
    return {"percent": form.percent, "amount": told, "reason": form.reason, "by": actor_name}


def line(form: "NewExtra", extra_id: str, currency: str, actor_name: str) -> Extra:
    """The line as it is stored. Raises BadAmount."""
    amount = money.amount(form.amount, currency, field="body.amount")
    return Extra(
        id=extra_id,
        description=form.description,
        quantity=form.quantity,
        amount=money.text(amount, currency),
        service_id=form.service_id,
        by=actor_name,
        removed_by=None,
    )


def begin(appointment: Appointment, tenant: Tenant, form: "Pricing", *, role: str, actor_name: str) -> None:
    """Price a new appointment, whose total is the service's price, as the booking says.

    Raises BadAmount, DiscountTooLarge, and TooManyExtras.
    """
    currency = appointment.currency
    if form.price is not None:
        appointment.base_amount = money.amount(form.price.amount, currency, field="body.price.amount")
    if form.extras:
        names = (ids.derived(tenant.slug, f"extra of {appointment.id}", str(n)) for n in range(len(form.extras)))
        appointment.extras = _extras(zip(form.extras, names, strict=True), currency, actor_name)
    if form.discount is not None:
        appointment.discount = discount(form.discount, currency, actor_name)
    if appointment.base_amount is None and rules.has_lines(appointment):
        appointment.base_amount = appointment.total_amount
    priced = rules.price_of(appointment)
    before = rules.price(priced.agreed, appointment.extras or [], None, currency)
    rules.check_discount(before.share, priced.share, limit=limit_of(tenant, role), role=role)
    enter(appointment, priced.total)


def _extras(forms: "Iterable[tuple[NewExtra, str]]", currency: str, actor_name: str) -> list[Extra]:
    return [line(form, extra_id, currency, actor_name) for form, extra_id in forms]
