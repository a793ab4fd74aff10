"""Door: orders of raffle numbers, from the sale to the refund."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from mostrador import clock
from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.ledger.views.receipts import Receipt, ReceiptRefusal
from mostrador.payments import counter_payments, refunds
from mostrador.people.rules.permissions import Action
from mostrador.raffles import order_links, order_reviews, order_transitions, orders, reservations, sellers
from mostrador.raffles.views import orders as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api"
OF_RAFFLE = f"{BASE}/raffles/<raffle_id>"
ORDER = f"{BASE}/orders/<order_id>"
OrderResponse = Response[views.OrderView]
Number = Annotated[int, Path(ge=0, le=views.HIGHEST, title="Número")]


@app.get(f"{OF_RAFFLE}/orders", "orders.list", Action.READ_ORDERS)
def listing(slug: door.Slug, raffle_id: door.Id, query: door.Query[views.OrderListing]) -> views.OrderPage:
    page = orders.listing(slug, raffle_id, query, now=clock.now())
    return views.OrderPage(items=page.items, next=page.next)


@app.post(f"{OF_RAFFLE}/orders", "orders.sell", Action.SELL, status=201, location=ORDER)
def sell(slug: door.Slug, raffle_id: door.Id, form: views.NewOrder, key: door.IdempotencyKey = None) -> OrderResponse:
    if form.paid:
        door.need_key(key)
    name, seller = app.caller.name, app.caller.user if app.caller.is_member else None
    order = reservations.sell(slug, raffle_id, form, actor_name=name, seller=seller, key=key, now=clock.now())
    return answers.created(order, views.OrderView)


@app.get(f"{OF_RAFFLE}/sellers", "orders.sellers", Action.READ_ORDERS)
def list_sellers(slug: door.Slug, raffle_id: door.Id) -> views.SellerPage:
    return views.SellerPage(items=sellers.totals(slug, raffle_id, now=clock.now()), next=None)


@app.get(f"{OF_RAFFLE}/numbers/<number>", "orders.holder", Action.READ_ORDERS)
def holder(slug: door.Slug, raffle_id: door.Id, number: Number) -> views.HolderView:
    return views.HolderView.model_validate(orders.holder(slug, raffle_id, number, now=clock.now()))


@app.get(ORDER, "orders.get", Action.READ_ORDERS)
def get(slug: door.Slug, order_id: door.Id) -> OrderResponse:
    return answers.shown(orders.get(slug, order_id, now=clock.now()), views.OrderView)


@app.get(f"{ORDER}/link", "orders.link", Action.SELL)
def link(slug: door.Slug, order_id: door.Id) -> views.OrderLinkView:
    return views.OrderLinkView.model_validate(order_links.of_buyer(slug, order_id, now=clock.now()))


@app.post(f"{ORDER}/receipt", "orders.receive", Action.SELL)
def receive(slug: door.Slug, order_id: door.Id, form: Receipt) -> OrderResponse:
    received = order_reviews.receive(slug, order_id, form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(received, views.OrderView)


@app.post(f"{ORDER}/receipt/refuse", "orders.refuse_receipt", Action.SELL)
def refuse(slug: door.Slug, order_id: door.Id, form: ReceiptRefusal, seen: door.IfMatch = None) -> OrderResponse:
    name, reason = app.caller.name, form.reason
    refused = order_reviews.refuse(slug, order_id, reason=reason, seen=seen, actor_name=name, now=clock.now())
    return answers.shown(refused, views.OrderView)


@app.post(f"{ORDER}/keep", "orders.keep", Action.SELL)
def keep(slug: door.Slug, order_id: door.Id) -> OrderResponse:
    kept = order_reviews.keep(slug, order_id, actor_name=app.caller.name, now=clock.now())
    return answers.shown(kept, views.OrderView)


@app.post(f"{ORDER}/confirm", "orders.confirm", Action.SELL)
def confirm(slug: door.Slug, order_id: door.Id, form: Confirmation, key: door.RequiredKey) -> views.SettledView:
    settled = counter_payments.record_order_payment(
        slug, order_id, form, actor_name=app.caller.name, key=key, now=clock.now()
    )
    return views.SettledView.model_validate(settled)


@app.post(f"{ORDER}/cancel", "orders.cancel", Action.SELL)
def cancel(slug: door.Slug, order_id: door.Id, form: views.OrderCancellation | None = None) -> OrderResponse:
    name, reason = app.caller.name, form.reason if form else ""
    cancelled = order_transitions.cancel(slug, order_id, reason=reason, actor_name=name, now=clock.now())
    return answers.shown(cancelled, views.OrderView)


@app.post(f"{ORDER}/refund", "orders.refund", Action.REFUND)
def refund(slug: door.Slug, order_id: door.Id, form: Refunding) -> views.SettledView:
    return views.SettledView.model_validate(
        refunds.refund_order(slug, order_id, form, actor_name=app.caller.name, now=clock.now())
    )
