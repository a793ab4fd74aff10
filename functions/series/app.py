"""Door: recurring bookings."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import recurring
from mostrador.scheduling.views import recurring as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)


@app.post("/tenant/<slug>/api/series")
def book(slug: door.Slug, form: views.NewSeries, key: door.IdempotencyKey = None) -> Response[views.SeriesView]:
    caller = door.caller(app, slug, Action.BOOK)
    return door.made(recurring.book(slug, form, actor_name=caller.name, key=key, now=clock.now()))
