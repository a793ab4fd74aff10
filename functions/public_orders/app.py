"""Door: orders of raffle numbers by buyers without an account."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.raffles import public_orders
from mostrador.raffles.views import orders as views
from mostrador.raffles.views.orders import OwnOrderView
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/public"
ORDER = f"{BASE}/orders/<token>"


@app.post(f"{BASE}/raffles/<raffle_id>/orders")
def order(
    slug: door.Slug, raffle_id: door.Id, form: views.PublicOrder, key: door.IdempotencyKey = None
) -> Response[OwnOrderView]:
    address = door.visitor(app, slug)
    managed = public_orders.order(slug, raffle_id, form, address=address, key=key, now=clock.now())
    return door.made(OwnOrderView.model_validate(managed))


@app.get(ORDER)
def see(slug: door.Slug, token: str) -> OwnOrderView:
    door.visitor(app, slug)
    return OwnOrderView.model_validate(public_orders.find(slug, token, now=clock.now()))


@app.get(f"{ORDER}/mine")
def mine(slug: door.Slug, token: str) -> views.OwnNumbersView:
    door.visitor(app, slug)
    return views.OwnNumbersView.model_validate(public_orders.mine(slug, token, now=clock.now()))


@app.post(f"{ORDER}/receipt")
def receive(slug: door.Slug, token: str, form: views.Receipt) -> OwnOrderView:
    address = door.visitor(app, slug)
    return OwnOrderView.model_validate(public_orders.receive(slug, token, form, address=address, now=clock.now()))


@app.post(f"{ORDER}/cancel")
def cancel(slug: door.Slug, token: str, form: views.OrderCancellation | None = None) -> OwnOrderView:
    door.visitor(app, slug)
    reason = form.reason if form else ""
    return OwnOrderView.model_validate(public_orders.cancel(slug, token, reason=reason, now=clock.now()))
