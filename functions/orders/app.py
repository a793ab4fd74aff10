"""Door: orders of raffle numbers, from the sale to the refund."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from mostrador import clock
from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.payments import counter_payments, refunds
from mostrador.people.rules.permissions import Action
from mostrador.raffles import order_links, order_transitions, orders, reservations, sellers
from mostrador.raffles.views import orders as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api"
OF_RAFFLE = f"{BASE}/raffles/<raffle_id>"
ORDER = f"{BASE}/orders/<order_id>"
OrderResponse = Response[views.OrderView]
Number = Annotated[int, Path(ge=0, le=views.HIGHEST, title="Número")]


@app.get(f"{OF_RAFFLE}/orders")
def listing(slug: door.Slug, raffle_id: door.Id, query: door.Query[views.OrderListing]) -> views.OrderPage:
    door.caller(app, slug, Action.READ_ORDERS)
    page = orders.listing(slug, raffle_id, query, now=clock.now())
    return views.OrderPage(items=page.items, next=page.next)


@app.post(f"{OF_RAFFLE}/orders")
def sell(slug: door.Slug, raffle_id: door.Id, form: views.NewOrder, key: door.IdempotencyKey = None) -> OrderResponse:
    caller = door.caller(app, slug, Action.SELL)
    seller = caller.user if caller.is_member else None
    order = reservations.sell(slug, raffle_id, form, actor_name=caller.name, seller=seller, key=key, now=clock.now())
    return door.created(order, views.OrderView)


@app.get(f"{OF_RAFFLE}/sellers")
def list_sellers(slug: door.Slug, raffle_id: door.Id) -> views.SellerPage:
    door.caller(app, slug, Action.READ_ORDERS)
    return views.SellerPage(items=sellers.totals(slug, raffle_id, now=clock.now()), next=None)


@app.get(f"{OF_RAFFLE}/numbers/<number>")
def holder(slug: door.Slug, raffle_id: door.Id, number: Number) -> views.HolderView:
    door.caller(app, slug, Action.READ_ORDERS)
    return views.HolderView.model_validate(orders.holder(slug, raffle_id, number, now=clock.now()))


@app.get(ORDER)
def get(slug: door.Slug, order_id: door.Id) -> OrderResponse:
    door.caller(app, slug, Action.READ_ORDERS)
    return door.shown(orders.get(slug, order_id, now=clock.now()), views.OrderView)


@app.get(f"{ORDER}/link")
def link(slug: door.Slug, order_id: door.Id) -> views.OrderLinkView:
    door.caller(app, slug, Action.SELL)
    return views.OrderLinkView.model_validate(order_links.of_buyer(slug, order_id, now=clock.now()))


@app.post(f"{ORDER}/receipt")
def receive(slug: door.Slug, order_id: door.Id, form: views.Receipt) -> OrderResponse:
    caller = door.caller(app, slug, Action.SELL)
    received = order_transitions.receive(slug, order_id, form, actor_name=caller.name, now=clock.now())
    return door.shown(received, views.OrderView)


@app.post(f"{ORDER}/confirm")
def confirm(
    slug: door.Slug, order_id: door.Id, form: Confirmation, key: door.IdempotencyKey = None
) -> views.SettledView:
    caller = door.caller(app, slug, Action.SELL)
    settled = counter_payments.record_order_payment(
        slug, order_id, form, actor_name=caller.name, key=key, now=clock.now()
    )
    return views.SettledView.model_validate(settled)


@app.post(f"{ORDER}/cancel")
def cancel(slug: door.Slug, order_id: door.Id, form: views.OrderCancellation | None = None) -> OrderResponse:
    caller, reason = door.caller(app, slug, Action.SELL), form.reason if form else ""
    cancelled = order_transitions.cancel(slug, order_id, reason=reason, actor_name=caller.name, now=clock.now())
    return door.shown(cancelled, views.OrderView)


@app.post(f"{ORDER}/refund")
def refund(slug: door.Slug, order_id: door.Id, form: Refunding) -> views.SettledView:
    caller = door.caller(app, slug, Action.REFUND)
    return views.SettledView.model_validate(
        refunds.refund_order(slug, order_id, form, actor_name=caller.name, now=clock.now())
    )
