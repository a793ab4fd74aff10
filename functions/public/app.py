"""Door: what anybody may do without an account."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, public, tenants, web
from mostrador.views import public as views
from mostrador.views.appointments import Cancellation, FreeTimesQuery, Rescheduling
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/public"
ONE = f"{BASE}/appointments/<token>"
Own = views.OwnAppointmentView


@app.get(BASE)
def tenant(slug: web.Slug) -> views.PublicTenantView:
    web.visitor(app, slug)
    return views.PublicTenantView.model_validate(tenants.current(slug, now=clock.now()))


@app.get(f"{BASE}/services")
def list_services(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.OfferPage:
    web.visitor(app, slug)
    page = public.offers(slug, size=query.limit, cursor=query.cursor, now=clock.now())
    return views.OfferPage(items=page.items, next=page.next)


@app.get(f"{BASE}/availability")
def find_availability(slug: web.Slug, query: Annotated[FreeTimesQuery, Query()]) -> views.FreeTimesView:
    web.visitor(app, slug)
    return views.FreeTimesView.model_validate(public.free_times(slug, query, now=clock.now()))


@app.post(f"{BASE}/appointments")
def book(slug: web.Slug, form: views.PublicBooking, key: web.IdempotencyKey = None) -> Response[Own]:
    booked = public.book(slug, form, address=web.visitor(app, slug), key=key, now=clock.now())
    return web.made(Own.model_validate(booked))


@app.get(ONE)
def see(slug: web.Slug, token: str) -> Own:
    web.visitor(app, slug)
    return Own.model_validate(public.find(slug, token, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, token: str, form: Cancellation | None = None) -> Own:
    web.visitor(app, slug)
    reason = form.reason if form else ""
    return Own.model_validate(public.cancel(slug, token, reason=reason, now=clock.now()))


@app.post(f"{ONE}/reschedule")
def reschedule(slug: web.Slug, token: str, form: Rescheduling) -> Own:
    web.visitor(app, slug)
    return Own.model_validate(public.reschedule(slug, token, form, now=clock.now()))
