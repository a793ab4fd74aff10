"""Door: payments, and the money that is due back."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, payment_records, web
from mostrador.rules.permissions import Action
from mostrador.views import payments as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/payments"
ONE = f"{BASE}/<payment_id>"
OnePayment = Response[views.PaymentView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.PaymentListing, Query()]) -> views.PaymentPage:
    web.caller(app, slug, Action.READ_ORDERS)
    page = payment_records.listing(slug, query, now=clock.now())
    return views.PaymentPage(items=page.items, next=page.next)


@app.get(ONE)
def get(slug: web.Slug, payment_id: web.Id) -> OnePayment:
    web.caller(app, slug, Action.READ_ORDERS)
    return web.shown(payment_records.get(slug, payment_id, now=clock.now()), views.PaymentView)


@app.post(f"{ONE}/refunded")
def refunded(slug: web.Slug, payment_id: web.Id, form: views.Returning | None = None) -> OnePayment:
    caller = web.caller(app, slug, Action.REFUND)
    told = form or views.Returning()
    returned = payment_records.returned(slug, payment_id, told, by=caller.name, now=clock.now())
    return web.shown(returned, views.PaymentView)
