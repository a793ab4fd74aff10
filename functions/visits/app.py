"""Door: a visit at the counter, from the arrival to the end, and back."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import conclusions, delays, overriding, pushes, undoing, visits
from mostrador.scheduling.views import visits as views
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.table.base import HasVersion
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

ONE = "/tenant/<slug>/api/appointments/<appointment_id>"
OneAppointment = Response[AppointmentView]


@app.post(f"{ONE}/arrive", "appointments.arrive", Action.BOOK)
def arrive(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(visits.arrive(slug, appointment_id, actor_name=app.caller.name, now=clock.now()))


@app.post(f"{ONE}/start", "appointments.start", Action.BOOK)
def start(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(visits.start(slug, appointment_id, actor_name=app.caller.name, now=clock.now()))


@app.post(f"{ONE}/complete", "appointments.complete", Action.BOOK)
def complete(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(conclusions.complete(slug, appointment_id, actor_name=app.caller.name, now=clock.now()))


@app.post(f"{ONE}/no-show", "appointments.no_show", Action.BOOK)
def no_show(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(conclusions.no_show(slug, appointment_id, actor_name=app.caller.name, now=clock.now()))


@app.post(f"{ONE}/undo", "appointments.undo", Action.BOOK)
def undo(
    slug: door.Slug, appointment_id: door.Id, form: views.Undoing, key: door.IdempotencyKey = None
) -> OneAppointment:
    name, now = app.caller.name, clock.now()
    return _shown(undoing.undo(slug, appointment_id, form.move, actor_name=name, key=key, now=now))


@app.post(f"{ONE}/reopen", "appointments.reopen", Action.BOOK)
def reopen(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(undoing.reopen(slug, appointment_id, actor_name=app.caller.name, now=clock.now()))


@app.post(f"{ONE}/delay", "appointments.delay", Action.BOOK)
def delay(slug: door.Slug, appointment_id: door.Id, form: views.Delay) -> views.DelayedView:
    name, now = app.caller.name, clock.now()
    if not form.push:
        told = delays.delay(slug, appointment_id, form, actor_name=name, now=now)
        return views.DelayedView.model_validate(told)
    rules = overriding.allowed(slug, app.caller.role, now=now)
    pushed = pushes.push(slug, appointment_id, form, may_override=rules, actor_name=name, now=now)
    return views.DelayedView.model_validate(pushed)


def _shown(appointment: HasVersion) -> OneAppointment:
    return answers.shown(appointment, AppointmentView)
