"""A day at the counter, for the tests of tills: open, take, refund, void, correct, close."""

from datetime import timedelta

from mostrador.ledger import till_records, tills
from mostrador.ledger.views.payments import AppointmentPayment, MethodCorrection, Refunding, Voiding
from mostrador.ledger.views.tills import NewCashMovement, NewTill, TillClosing
from mostrador.payments import corrections, counter_payments, refunds
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import till as support

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(now, drawer="Caja", opening_float="100000", key=None, tenant="salon"):
    form = NewTill(drawer=drawer, opening_float=opening_float)
    return tills.open_till(tenant, form, actor_name="eva", key=key, now=now)


def visit(now, tenant="salon", **more):
    service = support.service(now, tenant, **more)
    return support.book(service, now, tenant=tenant, status="CONFIRMED")


def take(appointment, now, amount="10000", method="CASH", tenant="salon", **more):
    form = AppointmentPayment(method=method, amount=amount, **more)
    key = f"{method} {amount} {now.isoformat()}"
    return counter_payments.record_appointment_payment(
        tenant, appointment.id, form, actor_name="eva", key=key, now=now
    ).payment


def refund(payment, now, **more):
    form = Refunding(reason="No le gustó", is_returned=True, **more)
    return refunds.refund_payment("salon", payment.id, form, actor_name="ana", now=now).payment


def void(payment, now):
    return corrections.void("salon", payment.id, Voiding(reason="Otro turno"), actor_name="eva", now=now)


def correct(payment, now, method="CARD"):
    form = MethodCorrection(method=method, reason="Se marcó mal")
    return corrections.correct_method("salon", payment.id, form, actor_name="ana", now=now)


def move(till, now, kind="EXPENSE", amount="5000", key="k"):
    form = NewCashMovement(kind=kind, amount=amount, reason="Café")
    return tills.move_cash("salon", till.id, form, actor_name="eva", key=key, now=now)


def close(till, now, note=None, **counted):
    return tills.close("salon", till.id, TillClosing(counted=counted, note=note), actor_name="eva", now=now)


def expected(till, now):
    return {row["method"]: row["expected"] for row in tills.sheet("salon", till.id, now=now).counts}


def kinds(till):
    return [(one.kind, one.method, str(one.amount)) for one in till_records.movements("salon", till.id)]


def settings(now, **more):
    tenants.change("salon", TenantChanges.model_validate(more), seen=None, now=now)
