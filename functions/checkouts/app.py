"""Door: paying online, for staff and for customers with the link of their order or appointment."""

from mostrador import clock
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import bancard_account, checkout, payment_links
from mostrador.payments.views import checkout as views
from mostrador.people.rules.permissions import Action
from mostrador.raffles import order_links
from mostrador.scheduling import manage_links
from mostrador.tenancy import rate_limits
from mostrador.web import door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

API, PUBLIC = "/tenant/<slug>/api", "/tenant/<slug>/public"
MOST_AN_HOUR = 120
"""Checkouts that one address may start in an hour without an account."""
PUBLIC_NAME = "public"
Form = views.CheckoutForm


@app.post(f"{API}/appointments/<appointment_id>/checkout", "payments.checkout_appointment", Action.PAY)
def for_appointment(slug: door.Slug, appointment_id: door.Id, form: Form | None = None) -> views.CheckoutView:
    actor_name = app.caller.name
    return _start(slug, Target.APPOINTMENT, appointment_id, form, actor_name)


@app.post(f"{API}/orders/<order_id>/checkout", "payments.checkout_order", Action.PAY)
def for_order(slug: door.Slug, order_id: door.Id) -> views.CheckoutView:
    actor_name = app.caller.name
    return _start(slug, Target.ORDER, order_id, None, actor_name)


@app.post(f"{PUBLIC}/appointments/<token>/checkout", "public.checkout_appointment", Access.PUBLIC)
def for_own_appointment(slug: door.Slug, token: door.Token, form: Form | None = None) -> views.CheckoutView:
    address, now = app.caller.address, clock.now()
    appointment = manage_links.verify_token(slug, token, now=now)
    rate_limits.count(slug, "checkout", address, limit=MOST_AN_HOUR, now=now)
    return _start(slug, Target.APPOINTMENT, appointment.id, form, PUBLIC_NAME)


@app.post(f"{PUBLIC}/orders/<token>/checkout", "public.checkout_order", Access.PUBLIC)
def for_own_order(slug: door.Slug, token: door.Token) -> views.CheckoutView:
    address, now = app.caller.address, clock.now()
    order, _, _ = order_links.verify_token(slug, token, now=now)
    rate_limits.count(slug, "checkout", address, limit=MOST_AN_HOUR, now=now)
    return _start(slug, Target.ORDER, order.id, None, PUBLIC_NAME)


@app.get(f"{PUBLIC}/payments/<token>", "public.payment", Access.PUBLIC)
def get(slug: door.Slug, token: door.Token) -> views.OwnPaymentView:
    return views.OwnPaymentView.model_validate(payment_links.verify_token(slug, token, now=clock.now()))


def _start(slug: str, target: Target, target_id: str, form: Form | None, actor_name: str) -> views.CheckoutView:
    all_of_it = form.all if form else False
    try:
        started = checkout.start(slug, target, target_id, all_of_it=all_of_it, actor_name=actor_name, now=clock.now())
    except (GatewayRefused, GatewayUnknown) as error:
        if actor_name == PUBLIC_NAME:  # the business's trouble with Bancard is not shown to the public
            raise bancard_account.PaymentsDown from error
        raise
    return views.CheckoutView.model_validate(started)
