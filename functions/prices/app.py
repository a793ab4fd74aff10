"""Door: the price of an appointment: agreed amount, extras and discount."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import prices
from mostrador.scheduling.views import prices as views
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

ONE = "/tenant/<slug>/api/appointments/<appointment_id>"
EXTRA = f"{ONE}/extras/<extra_id>"
OneAppointment = Response[AppointmentView]


@app.get(f"{ONE}/price", "prices.get", Action.READ_APPOINTMENTS)
def get(slug: door.Slug, appointment_id: door.Id) -> views.PriceView:
    sheet = prices.sheet(slug, appointment_id, role=app.caller.acting_role, now=clock.now())
    return views.PriceView.model_validate(sheet)


@app.post(f"{ONE}/price", "prices.set", Action.SET_PRICE)
def set_price(slug: door.Slug, appointment_id: door.Id, form: views.PriceSetting) -> OneAppointment:
    caller = app.caller
    priced = prices.set_price(
        slug, appointment_id, form, role=caller.acting_role, actor_name=caller.name, now=clock.now()
    )
    return answers.shown(priced, AppointmentView)


@app.post(f"{ONE}/discount", "prices.discount", Action.DISCOUNT)
def discount(slug: door.Slug, appointment_id: door.Id, form: views.Discounting) -> OneAppointment:
    caller = app.caller
    priced = prices.discount(
        slug, appointment_id, form, role=caller.acting_role, actor_name=caller.name, now=clock.now()
    )
    return answers.shown(priced, AppointmentView)


@app.post(f"{ONE}/extras", "prices.add_extra", Action.ADD_EXTRAS)
def add_extra(
    slug: door.Slug, appointment_id: door.Id, form: views.NewExtra, key: door.IdempotencyKey = None
) -> OneAppointment:
    caller = app.caller
    priced = prices.add_extra(
        slug, appointment_id, form, key=key, role=caller.acting_role, actor_name=caller.name, now=clock.now()
    )
    return answers.shown(priced, AppointmentView)


@app.post(f"{EXTRA}/remove", "prices.remove_extra", Action.ADD_EXTRAS)
def remove_extra(
    slug: door.Slug, appointment_id: door.Id, extra_id: door.Id, form: views.ExtraRemoval | None = None
) -> OneAppointment:
    caller, form = app.caller, form or views.ExtraRemoval()
    priced = prices.remove_extra(
        slug, appointment_id, extra_id, form, role=caller.acting_role, actor_name=caller.name, now=clock.now()
    )
    return answers.shown(priced, AppointmentView)
