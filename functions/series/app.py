"""Door: series of appointments, walk-ins, and corrections of a booking."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import overriding, rebooking, recurring, series, series_changes, walk_ins
from mostrador.scheduling.views import recurring as views
from mostrador.scheduling.views import series as series_views
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.walk_ins import WalkIn
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

ONE = "/tenant/<slug>/api/appointments/<appointment_id>"
OneAppointment = Response[AppointmentView]


SERIES = "/tenant/<slug>/api/series"
ONE_SERIES = f"{SERIES}/<series_id>"


@app.get(SERIES, "series.list", Action.READ_APPOINTMENTS)
def listing(slug: door.Slug, query: door.Query[series_views.SeriesListing]) -> series_views.SeriesPage:
    page = series.listing(slug, query, now=clock.now())
    return series_views.SeriesPage(items=page.items, next=page.next)


@app.post(SERIES, "series.book", Action.BOOK, status=201)
def book(slug: door.Slug, form: views.NewSeries, key: door.IdempotencyKey = None) -> views.SeriesView:
    app.require_all(form.price_actions())
    role, name = app.caller.acting_role, app.caller.name
    rules = overriding.allowed(slug, app.caller.role, now=clock.now())
    return recurring.book(slug, form, role=role, may_override=rules, actor_name=name, key=key, now=clock.now())


@app.post("/tenant/<slug>/api/appointments/walk-in", "appointments.walk_in", Action.BOOK, status=201, location=ONE)
def walk_in(slug: door.Slug, form: WalkIn, key: door.IdempotencyKey = None) -> Response[AppointmentView]:
    name, rules = app.caller.name, overriding.allowed(slug, app.caller.role, now=clock.now())
    begun = walk_ins.begin(slug, form, may_override=rules, actor_name=name, key=key, now=clock.now())
    return answers.created(begun, AppointmentView)


@app.get(ONE_SERIES, "series.get", Action.READ_APPOINTMENTS)
def get(slug: door.Slug, series_id: door.Id) -> Response[series_views.SeriesDetail]:
    return answers.shown(series.get(slug, series_id, now=clock.now()), series_views.SeriesDetail)


@app.post(f"{ONE_SERIES}/move", "series.move", Action.BOOK)
def move(slug: door.Slug, series_id: door.Id, form: series_views.SeriesMove) -> series_views.SeriesResults:
    return _results(series_changes.move(slug, series_id, form, actor_name=app.caller.name, clock=clock.now))


@app.post(f"{ONE_SERIES}/cancel", "series.cancel", Action.BOOK)
def cancel(slug: door.Slug, series_id: door.Id, form: series_views.SeriesCancellation) -> series_views.SeriesResults:
    return _results(series_changes.cancel(slug, series_id, form, actor_name=app.caller.name, clock=clock.now))


@app.post(f"{ONE_SERIES}/extend", "series.extend", Action.BOOK, status=201)
def extend(
    slug: door.Slug, series_id: door.Id, form: series_views.Extension, key: door.IdempotencyKey = None
) -> views.SeriesView:
    return series_changes.extend(slug, series_id, form, actor_name=app.caller.name, key=key, now=clock.now())


def _results(outcome: series_changes.Outcome) -> series_views.SeriesResults:
    rows = [_row(row) for row in outcome.rows]
    return series_views.SeriesResults(results=rows, next_from=outcome.next_from)


def _row(row: series_changes.DateOutcome) -> series_views.DateResult:
    shown = {"planned_at": row.planned, "result": row.result, "appointment": row.appointment}
    return series_views.DateResult.model_validate({**shown, "problem": app.told(row.error)})


@app.post(f"{ONE}/rebook", "appointments.rebook", Action.BOOK)
def rebook(slug: door.Slug, appointment_id: door.Id, form: Rebooking, seen: door.IfMatch = None) -> OneAppointment:
    name, rules = app.caller.name, overriding.allowed(slug, app.caller.role, now=clock.now())
    changed = rebooking.rebook(
        slug, appointment_id, form, may_override=rules, seen=seen, actor_name=name, now=clock.now()
    )
    return answers.shown(changed, AppointmentView)
