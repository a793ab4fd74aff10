"""Door: connect Google Calendar, compare it with the appointments, and repair it."""

from datetime import timedelta
from typing import Final

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.calendars import connections, drift_report
from mostrador.calendars.views import calendars as views
from mostrador.people.rules.permissions import Action
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BUDGET: Final = timedelta(seconds=12)
CALLBACK: Final = "/calendar/oauth/callback"
BASE = "/tenant/<slug>/api"
CONNECTION = f"{BASE}/integrations/GOOGLE_CALENDAR"
ConnectionAnswer = Response[views.CalendarView]
OfResource = door.Query[views.OfResource]


@app.get(CONNECTION)
def get(slug: door.Slug, query: OfResource) -> ConnectionAnswer:
    door.caller(app, slug, Action.READ_INTEGRATIONS)
    return door.shown(connections.get(slug, query.resource, now=clock.now()), views.CalendarView)


@app.put(CONNECTION)
def put(slug: door.Slug, form: views.CalendarForm, query: OfResource, seen: door.IfMatch = None) -> ConnectionAnswer:
    caller = door.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    connection = connections.connect(slug, form, query.resource, seen=seen, actor_name=caller.name, now=clock.now())
    return door.shown(connection, views.CalendarView)


@app.delete(CONNECTION)
def delete(slug: door.Slug, query: door.Query[views.Disconnection], seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    removes = query.events == "remove"
    connections.disconnect(slug, query.resource, removes=removes, seen=seen, now=clock.now())
    return door.gone()


@app.post(f"{CONNECTION}/consent")
def consent(slug: door.Slug, query: OfResource) -> views.ConsentView:
    caller = door.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    url = connections.consent(
        slug, query.resource, redirect_uri=door.address(app, CALLBACK), actor_name=caller.name, now=clock.now()
    )
    return views.ConsentView(url=url)


@app.get(CALLBACK, include_in_schema=False)
def callback(query: door.Query[views.Returned]) -> Response[str]:
    now = clock.now()
    tenant, consent_id = connections.consume_state(query.state, now=now)
    door.visitor(app, tenant)
    connections.granted(
        tenant, consent_id, code=query.code, error=query.error, redirect_uri=door.address(app, CALLBACK), now=now
    )
    return door.page("Google Calendar quedó conectado.", f"Los turnos de {tenant} aparecerán allí en unos minutos.")


@app.get(f"{BASE}/calendars/drift")
def compare(slug: door.Slug, query: OfResource) -> views.DriftPage:
    door.caller(app, slug, Action.READ_CALENDARS)
    return views.DriftPage(items=drift_report.compare(slug, query.resource, clock=clock.now), next=None)


@app.post(f"{BASE}/calendars/repair")
def repair(slug: door.Slug, query: OfResource) -> views.DriftPage:
    door.caller(app, slug, Action.REPAIR_CALENDARS)
    until = clock.now() + BUDGET
    return views.DriftPage(items=drift_report.repair(slug, query.resource, clock=clock.now, until=until), next=None)
