"""Door: paying online, for staff and for whoever holds the link of what is paid for."""

from mostrador import checkouts, clock, gateways, links, order_links, payment_links, rates, web
from mostrador.clients.bancard_wire import GatewayRefused, GatewayUnknown
from mostrador.rules.payment import Target
from mostrador.rules.permissions import Action
from mostrador.views import checkouts as views

app = web.resolver()
handler = web.handler(app)

API, PUBLIC = "/tenant/<slug>/api", "/tenant/<slug>/public"
AN_HOUR = 20
PUBLIC_NAME = "public"
Form = views.CheckoutForm


@app.post(f"{API}/appointments/<appointment_id>/checkout")
def for_appointment(slug: web.Slug, appointment_id: web.Id, form: Form | None = None) -> views.CheckoutView:
    by = web.caller(app, slug, Action.PAY).name
    return _started(slug, Target.APPOINTMENT, appointment_id, form, by)


@app.post(f"{API}/orders/<order_id>/checkout")
def for_order(slug: web.Slug, order_id: web.Id) -> views.CheckoutView:
    by = web.caller(app, slug, Action.PAY).name
    return _started(slug, Target.ORDER, order_id, None, by)


@app.post(f"{PUBLIC}/appointments/<token>/checkout")
def for_own_appointment(slug: web.Slug, token: str, form: Form | None = None) -> views.CheckoutView:
    address, now = web.visitor(app, slug), clock.now()
    booked = links.opened(slug, token, now=now)
    rates.count(slug, "checkout", address, limit=AN_HOUR, now=now)
    return _started(slug, Target.APPOINTMENT, booked.id, form, PUBLIC_NAME)


@app.post(f"{PUBLIC}/orders/<token>/checkout")
def for_own_order(slug: web.Slug, token: str) -> views.CheckoutView:
    address, now = web.visitor(app, slug), clock.now()
    ordered, _, _ = order_links.opened(slug, token, now=now)
    rates.count(slug, "checkout", address, limit=AN_HOUR, now=now)
    return _started(slug, Target.ORDER, ordered.id, None, PUBLIC_NAME)


@app.get(f"{PUBLIC}/payments/<token>")
def see(slug: web.Slug, token: str) -> views.OwnPaymentView:
    web.visitor(app, slug)
    return views.OwnPaymentView.model_validate(payment_links.opened(slug, token, now=clock.now()))


def _started(slug: str, target: Target, target_id: str, form: Form | None, by: str) -> views.CheckoutView:
    all_of_it = form.all if form else False
    try:
        begun = checkouts.start(slug, target, target_id, all_of_it=all_of_it, by=by, now=clock.now())
    except (GatewayRefused, GatewayUnknown) as error:
        if by == PUBLIC_NAME:  # what is wrong between the two is nobody else's business
            raise gateways.PaymentsDown from error
        raise
    return views.CheckoutView.model_validate(begun)
