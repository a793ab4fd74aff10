"""Door: appointments as iCalendar, one as a file or all of them as a feed behind a secret address."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import ical_feeds
from mostrador.scheduling.views import ical_feeds as views
from mostrador.web import answers, door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/feeds"
APPOINTMENT = "/tenant/<slug>/api/appointments/<appointment_id>/ics"
ICALENDAR = "text/calendar; charset=utf-8"
FRESH_FOR = 900


@app.get(
    "/tenant/<slug>/api/appointments/<appointment_id>/ics",
    "feeds.appointment",
    Action.READ_APPOINTMENTS,
    media_type=ICALENDAR,
)
def appointment_file(slug: door.Slug, appointment_id: door.Id) -> Response[str]:
    text = ical_feeds.of_appointment(slug, appointment_id, now=clock.now())
    return answers.attachment(text, ICALENDAR, f"turno-{appointment_id}.ics")


@app.get(BASE, "feeds.list", Action.READ_FEEDS)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.FeedPage:
    page = ical_feeds.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.FeedPage(items=page.items, next=page.next)


@app.post(BASE, "feeds.create", Action.CHANGE_FEEDS, status=201)
def create(slug: door.Slug, form: views.NewFeed) -> Response[views.OpenedFeedView]:
    return answers.created(
        ical_feeds.create(slug, form, actor_name=app.caller.name, now=clock.now()), views.OpenedFeedView
    )


@app.delete(f"{BASE}/<feed_id>", "feeds.revoke", Action.CHANGE_FEEDS)
def revoke(slug: door.Slug, feed_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    ical_feeds.revoke(slug, feed_id, seen=seen, now=clock.now())
    return answers.gone()


@app.get("/calendar/<file>", "feeds.read", Access.PUBLIC, media_type=ICALENDAR, any_query=True, private_for=FRESH_FOR)
def serve(file: door.FeedFile) -> Response[str]:
    return answers.text(ical_feeds.serve(file, now=clock.now()), ICALENDAR)
