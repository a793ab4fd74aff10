"""The price of an appointment at the counter: set outright, a discount, extras; until a day after the conclusion.

A part that was paid stays paid, and the rest is due. Where more was paid than the new price, the request says what
becomes of the surplus. A held appointment that costs nothing any more waits for no payment, and is confirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.errors import NotHere
from mostrador.ledger import open_pages, partial_refunds
from mostrador.ledger.rules import surpluses
from mostrador.ledger.rules.surpluses import PriceSurplus
from mostrador.observability import logger
from mostrador.scheduling import appointments, totals
from mostrador.scheduling.rules import prices as rules
from mostrador.scheduling.rules.appointment_states import (
    AmountIsFixed,
    AppointmentChange,
    AppointmentStatus,
    PaymentStatus,
    status_at,
)
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.scheduling.views.prices import Discounting, ExtraRemoval, NewExtra, PriceSetting

_Alter = Callable[[Appointment], bool]
"""Changes the lines of a price; returns whether anything differs."""


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """An appointment's price, and what a caller may do about it."""

    appointment: Appointment
    can_change: bool
    most_discount_percent: int


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who changes a price, in which role, when, and what becomes of money that was paid above it."""

    role: str
    actor_name: str
    now: datetime
    surplus: PriceSurplus | None = None
    reason: str = ""


def sheet(tenant: str, appointment_id: str, *, role: str, now: datetime) -> PriceSheet:
    """Raises NotHere."""
    appointment = appointments.get(tenant, appointment_id, now=now)
    can_change = True
    try:
        _check_open(tenant, appointment, now)
    except (AmountIsFixed, rules.PriceClosed, open_pages.BeingPaid):
        can_change = False
    return PriceSheet(appointment, can_change, totals.limit_of(tenants.current(tenant, now=now), role))


def set_price(
    tenant: str, appointment_id: str, form: "PriceSetting", *, role: str, actor_name: str, now: datetime
) -> Appointment:
    """Set the agreed price; extras and discount stay. The same again changes nothing.

    Raises NotHere, BadAmount, SurplusUnexplained, AmountIsFixed, PriceClosed, BeingPaid, Busy.
    """

    def alter(appointment: Appointment) -> bool:
        amount = money.amount(form.amount, appointment.currency, field="body.amount")
        is_new = amount != rules.agreed(appointment)
        appointment.base_amount = amount
        return is_new

    return _change(tenant, appointment_id, alter, _Caller(role, actor_name, now, form.surplus, form.reason))


def discount(
    tenant: str, appointment_id: str, form: "Discounting", *, role: str, actor_name: str, now: datetime
) -> Appointment:
    """Give a discount in place of the present one; 0 takes that off. The same again changes nothing.

    Raises NotHere, BadAmount, DiscountTooLarge, SurplusUnexplained, AmountIsFixed, PriceClosed, BeingPaid, Busy.
    """

    def alter(appointment: Appointment) -> bool:
        given = totals.discount(form, appointment.currency, actor_name)
        before, appointment.discount = appointment.discount, given
        return given != (None if before is None else {**before, "by": actor_name})

    return _change(tenant, appointment_id, alter, _Caller(role, actor_name, now, form.surplus, form.reason))


def add_extra(
    tenant: str, appointment_id: str, form: "NewExtra", *, key: str | None, role: str, actor_name: str, now: datetime
) -> Appointment:
    """Add a line; the same ``key`` adds it once, also after it was taken off.

    Raises NotHere, BadAmount, TooManyExtras, KeyReused, AmountIsFixed, PriceClosed, BeingPaid, Busy.
    """
    extra_id = ids.derived(tenant, f"extra of {appointment_id}", key) if key else ids.new()

    def alter(appointment: Appointment) -> bool:
        extras, extra = appointment.extras or [], totals.line(form, extra_id, appointment.currency, actor_name)
        earlier = next((one for one in extras if one["id"] == extra_id), None)
        if earlier is not None:
            if {**earlier, "by": actor_name, "removed_by": None} != extra:
                raise writes.KeyReused
            return False
        if len(extras) >= rules.MOST_EXTRAS:
            raise rules.TooManyExtras(most=rules.MOST_EXTRAS)
        appointment.extras = [*extras, extra]
        return True

    return _change(tenant, appointment_id, alter, _Caller(role, actor_name, now, reason=form.description))


def remove_extra(
    tenant: str, appointment_id: str, extra_id: str, form: "ExtraRemoval", *, role: str, actor_name: str, now: datetime
) -> Appointment:
    """Take a line off; again changes nothing.

    Raises NotHere, DiscountTooLarge, SurplusUnexplained, AmountIsFixed, PriceClosed, BeingPaid, Busy.
    """

    def alter(appointment: Appointment) -> bool:
        extras = appointment.extras or []
        extra = next((one for one in extras if one["id"] == extra_id), None)
        if extra is None:
            raise NotHere(entity="extra", id=extra_id)
        if extra["removed_by"]:
            return False
        appointment.extras = [{**one, "removed_by": actor_name} if one is extra else one for one in extras]
        return True

    return _change(tenant, appointment_id, alter, _Caller(role, actor_name, now, form.surplus))


def _change(tenant: str, appointment_id: str, alter: _Alter, caller: _Caller) -> Appointment:
    """Alter the lines and write what follows, in one transaction; again from the start after a lost race."""

    def load(attempt: int) -> tuple[Appointment, bool]:
        return appointments.get(tenant, appointment_id, now=caller.now), attempt > 0

    def decide(loaded: tuple[Appointment, bool]) -> Appointment:
        appointment, is_retry = loaded
        before, agreed = rules.price_of(appointment), rules.agreed(appointment)
        if not alter(appointment):
            return appointment
        _check_open(tenant, appointment, caller.now)
        if appointment.base_amount is None:
            appointment.base_amount = agreed
        after, limit = (
            rules.price_of(appointment),
            totals.limit_of(tenants.current(tenant, now=caller.now), caller.role),
        )
        rules.check_discount(before.share, after.share, limit=limit, role=caller.role)
        with writes.transaction() as tx:
            _write(tx, tenant, appointment, after, caller, is_retry=is_retry)
        logger.info("appointment.priced", tenant=tenant, appointment=appointment_id)
        return appointment

    return writes.retrying(load, decide)


def _check_open(tenant: str, appointment: Appointment, now: datetime) -> None:
    """Raise AmountIsFixed, PriceClosed or BeingPaid where the price cannot change."""
    rules.check_open(
        status_at(appointment.status, appointment.hold_expires_at, now),
        PaymentStatus(appointment.payment_status),
        _concluded_at(appointment),
        is_owed=appointments.is_owed(tenant, appointment),
        now=now,
    )
    open_pages.check_none(tenant, appointment.checkout_id)


def _concluded_at(appointment: Appointment) -> datetime:
    """When it became COMPLETED or NO_SHOW, by its history; its start where the history does not tell."""
    told = [entry["at"] for entry in appointment.history or [] if entry["change"] == appointment.status]
    return datetime.fromisoformat(told[-1]) if told else appointment.scheduled_at


def _write(
    tx: Transaction, tenant: str, appointment: Appointment, price: rules.Price, caller: _Caller, *, is_retry: bool
) -> None:
    """Raises SurplusUnexplained."""
    before, currency = appointment.total_amount, appointment.currency
    _give_back(tx, tenant, appointment, price, caller)
    totals.enter(appointment, price.total)
    facts = {"from_total_amount": money.text(before, currency), "total_amount": money.text(price.total, currency)}
    facts |= {"reason": caller.reason} if caller.reason else {}
    appointments.record(appointment, caller.now, caller.actor_name, AppointmentChange.PRICED, **facts)
    if totals.waits_for_nothing(appointment):
        to, name = AppointmentStatus.CONFIRMED, caller.actor_name
        appointments.settle_as(tx, tenant, appointment, to, is_retry=is_retry, actor_name=name, now=caller.now)
    tx.save(appointment)


def _give_back(tx: Transaction, tenant: str, appointment: Appointment, price: rules.Price, caller: _Caller) -> None:
    """Take out of the paid amount all that is above the new price. Raises SurplusUnexplained."""
    paid = rules.paid_of(appointment)
    surplus = paid - price.total
    if surplus <= 0:
        return
    if caller.surplus is None:
        raise surpluses.unexplained(surplus, appointment.currency, PriceSurplus)
    paying = partial_refunds.give_back(
        tx, tenant, appointment.payment_ids or [], surplus, actor_name=caller.actor_name, now=caller.now
    )
    appointment.payment_ids = paying or None
    appointment.paid_amount = price.total if price.total > 0 else None
