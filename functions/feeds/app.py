"""Door: appointments as iCalendar, one as a file or all of them as a feed behind a secret address."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, feeds, web
from mostrador.rules.permissions import Action
from mostrador.views import feeds as views
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/feeds"
ICALENDAR = "text/calendar; charset=utf-8"
FRESH_FOR = 900


@app.get("/tenant/<slug>/api/appointments/<appointment_id>/ics")
def appointment_file(slug: web.Slug, appointment_id: web.Id) -> Response[str]:
    web.caller(app, slug, Action.READ_APPOINTMENTS)
    text = feeds.of_appointment(slug, appointment_id, now=clock.now())
    return web.attachment(text, ICALENDAR, f"turno-{appointment_id}.ics")


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.FeedPage:
    web.caller(app, slug, Action.READ_FEEDS)
    page = feeds.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.FeedPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: web.Slug, form: views.NewFeed) -> Response[views.OpenedFeedView]:
    caller = web.caller(app, slug, Action.CHANGE_FEEDS)
    return web.created(feeds.create(slug, form, by=caller.name, now=clock.now()), views.OpenedFeedView)


@app.delete(f"{BASE}/<feed_id>")
def revoke(slug: web.Slug, feed_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_FEEDS)
    feeds.revoke(slug, feed_id, seen=seen, now=clock.now())
    return web.gone()


@app.get("/calendar/<file>", include_in_schema=False)
def serve(file: str) -> Response[str]:
    return web.cached(app, feeds.serve(file, now=clock.now()), ICALENDAR, FRESH_FOR)
