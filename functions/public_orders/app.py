"""Door: orders of raffle numbers by buyers without an account."""

from mostrador import clock
from mostrador.ledger.views.receipts import Receipt
from mostrador.raffles import public_orders
from mostrador.raffles.views import orders as views
from mostrador.raffles.views.own_orders import OwnNumbersView, OwnOrderView
from mostrador.web import door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/public"
ORDER = f"{BASE}/orders/<token>"


@app.post(f"{BASE}/raffles/<raffle_id>/orders", "public.order_numbers", Access.PUBLIC, status=201, location=ORDER)
def order(slug: door.Slug, raffle_id: door.Id, form: views.PublicOrder, key: door.PublicKey = None) -> OwnOrderView:
    address = app.caller.address
    managed = public_orders.order(slug, raffle_id, form, address=address, key=key, now=clock.now())
    return OwnOrderView.model_validate(managed)


@app.get(ORDER, "public.order", Access.PUBLIC)
def see(slug: door.Slug, token: door.Token) -> OwnOrderView:
    return OwnOrderView.model_validate(public_orders.find(slug, token, now=clock.now()))


@app.get(f"{ORDER}/mine", "public.own_numbers", Access.PUBLIC)
def mine(slug: door.Slug, token: door.Token) -> OwnNumbersView:
    return OwnNumbersView.model_validate(public_orders.mine(slug, token, now=clock.now()))


@app.post(f"{ORDER}/receipt", "public.send_receipt", Access.PUBLIC)
def receive(slug: door.Slug, token: door.Token, form: Receipt) -> OwnOrderView:
    address = app.caller.address
    return OwnOrderView.model_validate(public_orders.receive(slug, token, form, address=address, now=clock.now()))


@app.post(f"{ORDER}/cancel", "public.cancel_order", Access.PUBLIC)
def cancel(slug: door.Slug, token: door.Token, form: views.OrderCancellation | None = None) -> OwnOrderView:
    reason = form.reason if form else ""
    return OwnOrderView.model_validate(public_orders.cancel(slug, token, reason=reason, now=clock.now()))


@app.post(f"{ORDER}/claim", "public.claim_prizes", Access.PUBLIC)
def claim(slug: door.Slug, token: door.Token) -> OwnOrderView:
    return OwnOrderView.model_validate(public_orders.claim(slug, token, now=clock.now()))
