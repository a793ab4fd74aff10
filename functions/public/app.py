"""Door: what anybody may do without an account."""

from mostrador import clock
from mostrador.fields import Listing
from mostrador.ledger.views.receipts import Receipt
from mostrador.scheduling import public_booking
from mostrador.scheduling.views import public_booking as views
from mostrador.scheduling.views.appointments import Cancellation, Rescheduling
from mostrador.tenancy import tenants
from mostrador.web import door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/public"
ONE = f"{BASE}/appointments/<token>"
Own = views.OwnAppointmentView


@app.get(BASE, "public.business", Access.PUBLIC, public_for=60)
def tenant(slug: door.Slug) -> views.PublicTenantView:
    return views.PublicTenantView.model_validate(tenants.current(slug, now=clock.now()))


@app.get(f"{BASE}/services", "public.services", Access.PUBLIC, public_for=60)
def list_services(slug: door.Slug, query: door.Query[Listing]) -> views.OfferPage:
    page = public_booking.offers(slug, size=query.limit, cursor=query.cursor, now=clock.now())
    return views.OfferPage(items=page.items, next=page.next)


@app.get(f"{BASE}/availability", "public.availability", Access.PUBLIC)
def find_availability(slug: door.Slug, query: door.Query[views.PublicFreeTimes]) -> views.FreeTimesView:
    return views.FreeTimesView.model_validate(public_booking.free_times(slug, query, now=clock.now()))


@app.post(f"{BASE}/appointments", "public.book", Access.PUBLIC, status=201, location=ONE)
def book(slug: door.Slug, form: views.PublicBooking, key: door.PublicKey = None) -> Own:
    booked = public_booking.book(slug, form, address=app.caller.address, key=key, now=clock.now())
    return Own.model_validate(booked)


@app.get(ONE, "public.appointment", Access.PUBLIC)
def see(slug: door.Slug, token: door.Token) -> Own:
    return Own.model_validate(public_booking.find(slug, token, now=clock.now()))


@app.post(f"{ONE}/cancel", "public.cancel_appointment", Access.PUBLIC)
def cancel(slug: door.Slug, token: door.Token, form: Cancellation | None = None) -> Own:
    reason = form.reason if form else ""
    return Own.model_validate(public_booking.cancel(slug, token, reason=reason, now=clock.now()))


@app.post(f"{ONE}/receipt", "public.send_appointment_receipt", Access.PUBLIC)
def receive(slug: door.Slug, token: door.Token, form: Receipt) -> Own:
    address = app.caller.address
    return Own.model_validate(public_booking.receive(slug, token, form, address=address, now=clock.now()))


@app.post(f"{ONE}/reschedule", "public.reschedule_appointment", Access.PUBLIC)
def reschedule(slug: door.Slug, token: door.Token, form: Rescheduling) -> Own:
    return Own.model_validate(public_booking.reschedule(slug, token, form, address=app.caller.address, now=clock.now()))
