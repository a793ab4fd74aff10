"""Door: payments, taken by hand or online, and the money that is due back."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, payment_records, payment_reports, payments, reconciliation, rollbacks, web
from mostrador.rules.payment import Provider
from mostrador.rules.permissions import Action
from mostrador.views import payments as views
from mostrador.views.appointment_payments import SettledAppointmentView
from mostrador.views.payment_reports import ReportQuery, ReportView

app = web.resolver()
handler = web.handler(app)

API = "/tenant/<slug>/api"
BASE = f"{API}/payments"
ONE = f"{BASE}/<payment_id>"
OnePayment = Response[views.PaymentView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.PaymentListing, Query()]) -> views.PaymentPage:
    web.caller(app, slug, Action.READ_ORDERS)
    page = payment_records.listing(slug, query, now=clock.now())
    return views.PaymentPage(items=page.items, next=page.next)


@app.get(f"{BASE}/report")
def report(slug: web.Slug, query: Annotated[ReportQuery, Query()]) -> ReportView:
    web.caller(app, slug, Action.READ_ORDERS)
    return ReportView.model_validate(payment_reports.of_day(slug, query.date, now=clock.now()))


@app.get(ONE)
def get(slug: web.Slug, payment_id: web.PaymentId) -> OnePayment:
    web.caller(app, slug, Action.READ_ORDERS)
    return web.shown(payment_records.get(slug, payment_id, now=clock.now()), views.PaymentView)


@app.post(f"{ONE}/verify")
def verify(slug: web.Slug, payment_id: web.PaymentId) -> OnePayment:
    web.caller(app, slug, Action.PAY)
    return web.shown(reconciliation.verify(slug, payment_id, now=clock.now()), views.PaymentView)


@app.post(f"{ONE}/refund")
def refund(slug: web.Slug, payment_id: web.PaymentId, form: views.Refunding) -> OnePayment:
    caller, now = web.caller(app, slug, Action.REFUND), clock.now()
    refunded = payments.refund_one(slug, payment_id, form, by=caller.name, now=now).payment
    if refunded.provider == Provider.BANCARD:
        refunded = rollbacks.give_back(slug, refunded, again=True, now=now)
    return web.shown(refunded, views.PaymentView)


@app.post(f"{ONE}/refunded")
def refunded(slug: web.Slug, payment_id: web.PaymentId, form: views.Returning | None = None) -> OnePayment:
    caller = web.caller(app, slug, Action.REFUND)
    reference = form.reference if form else None
    returned = payment_records.returned(slug, payment_id, reference=reference, by=caller.name, now=clock.now())
    return web.shown(returned, views.PaymentView)


@app.post(f"{API}/appointments/<appointment_id>/payments")
def take(
    slug: web.Slug, appointment_id: web.Id, form: views.Confirmation, key: web.IdempotencyKey = None
) -> SettledAppointmentView:
    caller = web.caller(app, slug, Action.PAY)
    settled = payments.take(slug, appointment_id, form, by=caller.name, key=key, now=clock.now())
    return SettledAppointmentView.model_validate(settled)
