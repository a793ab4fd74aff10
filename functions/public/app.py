"""Door: what anybody may do without an account."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.scheduling import public_booking
from mostrador.scheduling.views import public_booking as views
from mostrador.scheduling.views.appointments import Cancellation, FreeTimesQuery, Rescheduling
from mostrador.tenancy import tenants
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/public"
ONE = f"{BASE}/appointments/<token>"
Own = views.OwnAppointmentView


@app.get(BASE)
def tenant(slug: door.Slug) -> views.PublicTenantView:
    door.visitor(app, slug)
    return views.PublicTenantView.model_validate(tenants.current(slug, now=clock.now()))


@app.get(f"{BASE}/services")
def list_services(slug: door.Slug, query: door.Query[Listing]) -> views.OfferPage:
    door.visitor(app, slug)
    page = public_booking.offers(slug, size=query.limit, cursor=query.cursor, now=clock.now())
    return views.OfferPage(items=page.items, next=page.next)


@app.get(f"{BASE}/availability")
def find_availability(slug: door.Slug, query: door.Query[FreeTimesQuery]) -> views.FreeTimesView:
    door.visitor(app, slug)
    return views.FreeTimesView.model_validate(public_booking.free_times(slug, query, now=clock.now()))


@app.post(f"{BASE}/appointments")
def book(slug: door.Slug, form: views.PublicBooking, key: door.IdempotencyKey = None) -> Response[Own]:
    booked = public_booking.book(slug, form, address=door.visitor(app, slug), key=key, now=clock.now())
    return door.made(Own.model_validate(booked))


@app.get(ONE)
def see(slug: door.Slug, token: str) -> Own:
    door.visitor(app, slug)
    return Own.model_validate(public_booking.find(slug, token, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: door.Slug, token: str, form: Cancellation | None = None) -> Own:
    door.visitor(app, slug)
    reason = form.reason if form else ""
    return Own.model_validate(public_booking.cancel(slug, token, reason=reason, now=clock.now()))


@app.post(f"{ONE}/reschedule")
def reschedule(slug: door.Slug, token: str, form: Rescheduling) -> Own:
    door.visitor(app, slug)
    return Own.model_validate(public_booking.reschedule(slug, token, form, now=clock.now()))
