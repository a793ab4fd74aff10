"""Door: what anybody may do about raffle numbers without an account."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock, public_orders, web
from mostrador.views import orders as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/public"
ONE = f"{BASE}/orders/<token>"
Own = views.OwnOrderView


@app.post(f"{BASE}/raffles/<raffle_id>/orders")
def order(slug: web.Slug, raffle_id: web.Id, form: views.PublicOrder, key: web.IdempotencyKey = None) -> Response[Own]:
    address = web.visitor(app, slug)
    made = public_orders.order(slug, raffle_id, form, address=address, key=key, now=clock.now())
    return web.made(Own.model_validate(made))


@app.get(ONE)
def see(slug: web.Slug, token: str) -> Own:
    web.visitor(app, slug)
    return Own.model_validate(public_orders.find(slug, token, now=clock.now()))


@app.get(f"{ONE}/mine")
def mine(slug: web.Slug, token: str) -> views.OwnNumbersView:
    web.visitor(app, slug)
    return views.OwnNumbersView.model_validate(public_orders.mine(slug, token, now=clock.now()))


@app.post(f"{ONE}/receipt")
def receive(slug: web.Slug, token: str, form: views.Receipt) -> Own:
    address = web.visitor(app, slug)
    return Own.model_validate(public_orders.receive(slug, token, form, address=address, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, token: str, form: views.OrderCancellation | None = None) -> Own:
    web.visitor(app, slug)
    reason = form.reason if form else ""
    return Own.model_validate(public_orders.cancel(slug, token, reason=reason, now=clock.now()))
