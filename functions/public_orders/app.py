"""Door: what anybody may do about raffle numbers without an account."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.raffles import public_orders
from mostrador.raffles.views import orders as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/public"
ONE = f"{BASE}/orders/<token>"
Own = views.OwnOrderView


@app.post(f"{BASE}/raffles/<raffle_id>/orders")
def order(
    slug: door.Slug, raffle_id: door.Id, form: views.PublicOrder, key: door.IdempotencyKey = None
) -> Response[Own]:
    address = door.visitor(app, slug)
    made = public_orders.order(slug, raffle_id, form, address=address, key=key, now=clock.now())
    return door.made(Own.model_validate(made))


@app.get(ONE)
def see(slug: door.Slug, token: str) -> Own:
    door.visitor(app, slug)
    return Own.model_validate(public_orders.find(slug, token, now=clock.now()))


@app.get(f"{ONE}/mine")
def mine(slug: door.Slug, token: str) -> views.OwnNumbersView:
    door.visitor(app, slug)
    return views.OwnNumbersView.model_validate(public_orders.mine(slug, token, now=clock.now()))


@app.post(f"{ONE}/receipt")
def receive(slug: door.Slug, token: str, form: views.Receipt) -> Own:
    address = door.visitor(app, slug)
    return Own.model_validate(public_orders.receive(slug, token, form, address=address, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: door.Slug, token: str, form: views.OrderCancellation | None = None) -> Own:
    door.visitor(app, slug)
    reason = form.reason if form else ""
    return Own.model_validate(public_orders.cancel(slug, token, reason=reason, now=clock.now()))
