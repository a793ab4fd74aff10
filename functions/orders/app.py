"""Door: orders of raffle numbers, from the sale to the refund."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from mostrador import clock, order_links, order_states, orders, payments, sales, sellers, web
from mostrador.rules.permissions import Action
from mostrador.views import orders as views
from mostrador.views.payments import Confirmation, Refunding

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api"
OF_RAFFLE = f"{BASE}/raffles/<raffle_id>"
ONE = f"{BASE}/orders/<order_id>"
OneOrder = Response[views.OrderView]
Number = Annotated[int, Path(ge=0, le=views.HIGHEST, title="Número")]


@app.get(f"{OF_RAFFLE}/orders")
def listing(slug: web.Slug, raffle_id: web.Id, query: Annotated[views.OrderListing, Query()]) -> views.OrderPage:
    web.caller(app, slug, Action.READ_ORDERS)
    page = orders.listing(slug, raffle_id, query, now=clock.now())
    return views.OrderPage(items=page.items, next=page.next)


@app.post(f"{OF_RAFFLE}/orders")
def sell(slug: web.Slug, raffle_id: web.Id, form: views.NewOrder, key: web.IdempotencyKey = None) -> OneOrder:
    caller = web.caller(app, slug, Action.SELL)
    seller = caller.user if caller.is_member else None
    made = sales.sell(slug, raffle_id, form, by=caller.name, seller=seller, key=key, now=clock.now())
    return web.created(made, views.OrderView)


@app.get(f"{OF_RAFFLE}/sellers")
def list_sellers(slug: web.Slug, raffle_id: web.Id) -> views.SellerPage:
    web.caller(app, slug, Action.READ_ORDERS)
    return views.SellerPage(items=sellers.totals(slug, raffle_id, now=clock.now()), next=None)


@app.get(f"{OF_RAFFLE}/numbers/<number>")
def holder(slug: web.Slug, raffle_id: web.Id, number: Number) -> views.HolderView:
    web.caller(app, slug, Action.READ_ORDERS)
    return views.HolderView.model_validate(orders.holder(slug, raffle_id, number, now=clock.now()))


@app.get(ONE)
def get(slug: web.Slug, order_id: web.Id) -> OneOrder:
    web.caller(app, slug, Action.READ_ORDERS)
    return web.shown(orders.get(slug, order_id, now=clock.now()), views.OrderView)


@app.get(f"{ONE}/link")
def link(slug: web.Slug, order_id: web.Id) -> views.OrderLinkView:
    web.caller(app, slug, Action.SELL)
    return views.OrderLinkView.model_validate(order_links.of_buyer(slug, order_id, now=clock.now()))


@app.post(f"{ONE}/receipt")
def receive(slug: web.Slug, order_id: web.Id, form: views.Receipt) -> OneOrder:
    caller = web.caller(app, slug, Action.SELL)
    received = order_states.receive(slug, order_id, form, by=caller.name, now=clock.now())
    return web.shown(received, views.OrderView)


@app.post(f"{ONE}/confirm")
def confirm(slug: web.Slug, order_id: web.Id, form: Confirmation, key: web.IdempotencyKey = None) -> views.SettledView:
    caller = web.caller(app, slug, Action.SELL)
    settled = payments.confirm(slug, order_id, form, by=caller.name, key=key, now=clock.now())
    return views.SettledView.model_validate(settled)


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, order_id: web.Id, form: views.OrderCancellation | None = None) -> OneOrder:
    caller, reason = web.caller(app, slug, Action.SELL), form.reason if form else ""
    cancelled = order_states.cancel(slug, order_id, reason=reason, by=caller.name, now=clock.now())
    return web.shown(cancelled, views.OrderView)


@app.post(f"{ONE}/refund")
def refund(slug: web.Slug, order_id: web.Id, form: Refunding) -> views.SettledView:
    caller = web.caller(app, slug, Action.REFUND)
    return views.SettledView.model_validate(payments.refund(slug, order_id, form, by=caller.name, now=clock.now()))
