"""Door: recurring bookings, and corrections of a booking."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import rebooking, recurring
from mostrador.scheduling.views import recurring as views
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

ONE = "/tenant/<slug>/api/appointments/<appointment_id>"


@app.post("/tenant/<slug>/api/series", "series.book", Action.BOOK, status=201)
def book(slug: door.Slug, form: views.NewSeries, key: door.IdempotencyKey = None) -> views.SeriesView:
    return recurring.book(slug, form, actor_name=app.caller.name, key=key, now=clock.now())


@app.post(f"{ONE}/rebook", "appointments.rebook", Action.BOOK)
def rebook(slug: door.Slug, appointment_id: door.Id, form: Rebooking) -> Response[AppointmentView]:
    changed = rebooking.rebook(slug, appointment_id, form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(changed, AppointmentView)
