"""Door: payments, received by the business or online, and their refunds."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Provider
from mostrador.ledger.views import payments as views
from mostrador.ledger.views.receipts import Receipt, ReceiptRefusal
from mostrador.payments import counter_payments, daily_report, reconciliation, refunds, rollbacks
from mostrador.payments.views.appointment_payments import SettledAppointmentView
from mostrador.payments.views.daily_report import ReportQuery, ReportView
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import payment_reviews
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

API = "/tenant/<slug>/api"
BASE = f"{API}/payments"
PAYMENT = f"{BASE}/<payment_id>"
PaymentResponse = Response[views.PaymentView]
AppointmentResponse = Response[AppointmentView]


@app.get(BASE, "payments.list", Action.READ_ORDERS)
def listing(slug: door.Slug, query: door.Query[views.PaymentListing]) -> views.PaymentPage:
    page = payments.listing(slug, query, now=clock.now())
    return views.PaymentPage(items=page.items, next=page.next)


@app.get(f"{BASE}/report", "payments.report", Action.READ_ORDERS)
def report(slug: door.Slug, query: door.Query[ReportQuery]) -> ReportView:
    return ReportView.model_validate(daily_report.of_day(slug, query.date, now=clock.now()))


@app.get(PAYMENT, "payments.get", Action.READ_ORDERS)
def get(slug: door.Slug, payment_id: door.PaymentId) -> PaymentResponse:
    return answers.shown(payments.get(slug, payment_id, now=clock.now()), views.PaymentView)


@app.post(f"{PAYMENT}/verify", "payments.verify", Action.PAY)
def verify(slug: door.Slug, payment_id: door.PaymentId) -> PaymentResponse:
    return answers.shown(reconciliation.verify(slug, payment_id, now=clock.now()), views.PaymentView)


@app.post(f"{PAYMENT}/refund", "payments.refund", Action.REFUND)
def refund(slug: door.Slug, payment_id: door.PaymentId, form: views.Refunding) -> PaymentResponse:
    name, now = app.caller.name, clock.now()
    refunded = refunds.refund_payment(slug, payment_id, form, actor_name=name, now=now).payment
    if refunded.provider == Provider.BANCARD:
        refunded = rollbacks.refund(slug, refunded, again=True, now=now)
    return answers.shown(refunded, views.PaymentView)


@app.post(f"{PAYMENT}/refunded", "payments.mark_refunded", Action.REFUND)
def refunded(slug: door.Slug, payment_id: door.PaymentId, form: views.Returning | None = None) -> PaymentResponse:
    form, name = form or views.Returning(), app.caller.name
    returned = payments.mark_refunded(
        slug, payment_id, reference=form.reference, till=form.till, actor_name=name, now=clock.now()
    )
    return answers.shown(returned, views.PaymentView)


@app.post(f"{API}/appointments/<appointment_id>/payments", "payments.record", Action.PAY)
def record(
    slug: door.Slug, appointment_id: door.Id, form: views.AppointmentPayment, key: door.RequiredKey
) -> SettledAppointmentView:
    settled = counter_payments.record_appointment_payment(
        slug, appointment_id, form, actor_name=app.caller.name, key=key, now=clock.now()
    )
    return SettledAppointmentView.model_validate(settled)


@app.post(f"{API}/appointments/<appointment_id>/receipt", "appointments.receive", Action.BOOK)
def receive(slug: door.Slug, appointment_id: door.Id, form: Receipt) -> AppointmentResponse:
    received = payment_reviews.receive(slug, appointment_id, form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(received, AppointmentView)


@app.post(f"{API}/appointments/<appointment_id>/receipt/refuse", "appointments.refuse_receipt", Action.PAY)
def refuse(slug: door.Slug, appointment_id: door.Id, form: ReceiptRefusal) -> AppointmentResponse:
    refused = payment_reviews.refuse(
        slug, appointment_id, reason=form.reason, actor_name=app.caller.name, now=clock.now()
    )
    return answers.shown(refused, AppointmentView)
