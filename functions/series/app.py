"""Door: recurring bookings."""

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import recurring
from mostrador.scheduling.views import recurring as views
from mostrador.web import door

app = door.Door()
handler = app.handler


@app.post("/tenant/<slug>/api/series", "series.book", Action.BOOK, status=201)
def book(slug: door.Slug, form: views.NewSeries, key: door.IdempotencyKey = None) -> views.SeriesView:
    return recurring.book(slug, form, actor_name=app.caller.name, key=key, now=clock.now())
