"""Door: recurring bookings."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock, series, web
from mostrador.rules.permissions import Action
from mostrador.views import series as views

app = web.resolver()
handler = web.handler(app)


@app.post("/tenant/<slug>/api/series")
def book(slug: web.Slug, form: views.NewSeries, key: web.IdempotencyKey = None) -> Response[views.SeriesView]:
    caller = web.caller(app, slug, Action.BOOK)
    return web.made(series.book(slug, form, by=caller.name, key=key, now=clock.now()))
