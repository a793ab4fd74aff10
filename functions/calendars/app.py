"""Door: connect Google Calendar, compare it with the appointments, and repair it."""

import json
from datetime import timedelta
from typing import Final

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.calendars import connections, drift_report
from mostrador.calendars.views import calendars as views
from mostrador.people.rules.permissions import Action
from mostrador.web import answers, door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

BUDGET: Final = timedelta(seconds=12)
CALLBACK: Final = "/calendar/oauth/callback"
BASE = "/tenant/<slug>/api"
CONNECTION = f"{BASE}/integrations/GOOGLE_CALENDAR"
FINISH: Final = "POST .../integrations/GOOGLE_CALENDAR/consent/finish"
ConnectionAnswer = Response[views.CalendarView]
OfResource = door.Query[views.OfResource]


@app.get(CONNECTION, "integrations.get_google_calendar", Action.READ_INTEGRATIONS)
def get(slug: door.Slug, query: OfResource) -> ConnectionAnswer:
    return answers.shown(connections.get(slug, query.resource, now=clock.now()), views.CalendarView)


@app.put(CONNECTION, "integrations.connect_google_calendar", Action.CHANGE_INTEGRATIONS)
def put(slug: door.Slug, form: views.CalendarForm, query: OfResource, seen: door.IfMatch = None) -> ConnectionAnswer:
    connection = connections.connect(slug, form, query.resource, seen=seen, actor_name=app.caller.name, now=clock.now())
    return answers.shown(connections.with_parked(slug, connection), views.CalendarView)


@app.delete(CONNECTION, "integrations.disconnect_google_calendar", Action.CHANGE_INTEGRATIONS)
def delete(slug: door.Slug, query: door.Query[views.Disconnection], seen: door.IfMatch = None) -> Response[None]:
    removes = query.events == "remove"
    connections.disconnect(slug, query.resource, removes=removes, seen=seen, now=clock.now())
    return answers.gone()


@app.post(f"{CONNECTION}/consent", "integrations.ask_google_consent", Action.CHANGE_INTEGRATIONS)
def consent(slug: door.Slug, query: OfResource) -> views.ConsentView:
    url = connections.consent(
        slug,
        query.resource,
        redirect_uri=app.address(CALLBACK),
        actor=app.caller.user,
        actor_name=app.caller.name,
        now=clock.now(),
    )
    return views.ConsentView(url=url)


@app.get(CALLBACK, "integrations.take_google_consent", Access.PUBLIC, media_type=answers.HTML)
def callback(query: door.Query[views.Returned]) -> Response[str]:
    connections.check_state(query.state, now=clock.now())
    return answers.page(
        "Falta un paso",
        f"Quien pidió el permiso lo termina en su sesión, dentro de diez minutos, con este texto en {FINISH}:",
        json.dumps({name: value for name in ("state", "code", "error") if (value := getattr(query, name))}),
    )


@app.post(f"{CONNECTION}/consent/finish", "integrations.finish_google_consent", Action.CHANGE_INTEGRATIONS)
def finish(slug: door.Slug, form: views.GrantForm) -> ConnectionAnswer:
    connection = connections.granted(
        slug,
        form.state,
        code=form.code,
        error=form.error,
        redirect_uri=app.address(CALLBACK),
        actor=app.caller.user,
        now=clock.now(),
    )
    return answers.shown(connections.with_parked(slug, connection), views.CalendarView)


@app.get(f"{BASE}/calendars/drift", "calendars.compare", Action.READ_CALENDARS)
def compare(slug: door.Slug, query: OfResource) -> views.DriftPage:
    return views.DriftPage(items=drift_report.compare(slug, query.resource, clock=clock.now), next=None)


@app.post(f"{BASE}/calendars/repair", "calendars.repair", Action.REPAIR_CALENDARS)
def repair(slug: door.Slug, query: OfResource) -> views.DriftPage:
    until = clock.now() + BUDGET
    return views.DriftPage(items=drift_report.repair(slug, query.resource, clock=clock.now, until=until), next=None)
