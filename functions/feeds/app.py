"""Door: appointments as iCalendar, one as a file or all of them as a feed behind a secret address."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import ical_feeds
from mostrador.scheduling.views import ical_feeds as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/feeds"
ICALENDAR = "text/calendar; charset=utf-8"
FRESH_FOR = 900


@app.get("/tenant/<slug>/api/appointments/<appointment_id>/ics")
def appointment_file(slug: door.Slug, appointment_id: door.Id) -> Response[str]:
    door.caller(app, slug, Action.READ_APPOINTMENTS)
    text = ical_feeds.of_appointment(slug, appointment_id, now=clock.now())
    return door.attachment(text, ICALENDAR, f"turno-{appointment_id}.ics")


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.FeedPage:
    door.caller(app, slug, Action.READ_FEEDS)
    page = ical_feeds.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.FeedPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: door.Slug, form: views.NewFeed) -> Response[views.OpenedFeedView]:
    caller = door.caller(app, slug, Action.CHANGE_FEEDS)
    return door.created(ical_feeds.create(slug, form, actor_name=caller.name, now=clock.now()), views.OpenedFeedView)


@app.delete(f"{BASE}/<feed_id>")
def revoke(slug: door.Slug, feed_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_FEEDS)
    ical_feeds.revoke(slug, feed_id, seen=seen, now=clock.now())
    return door.gone()


@app.get("/calendar/<file>", include_in_schema=False)
def serve(file: str) -> Response[str]:
    return door.cached(app, ical_feeds.serve(file, now=clock.now()), ICALENDAR, FRESH_FOR)
