"""Door: Google Calendar connected, compared with the appointments, and put right."""

from datetime import timedelta
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import calendar_connections, calendar_reports, clock, web
from mostrador.rules.permissions import Action
from mostrador.views import calendars as views

app = web.resolver()
handler = web.handler(app)

BUDGET: Final = timedelta(seconds=12)
CALLBACK: Final = "/calendar/oauth/callback"
BASE = "/tenant/<slug>/api"
CONNECTION = f"{BASE}/integrations/GOOGLE_CALENDAR"
OneConnection = Response[views.CalendarView]
Asked = Annotated[views.OfResource, Query()]


@app.get(CONNECTION)
def get(slug: web.Slug, query: Asked) -> OneConnection:
    web.caller(app, slug, Action.READ_INTEGRATIONS)
    return web.shown(calendar_connections.get(slug, query.resource, now=clock.now()), views.CalendarView)


@app.put(CONNECTION)
def put(slug: web.Slug, form: views.CalendarForm, query: Asked, seen: web.IfMatch = None) -> OneConnection:
    caller = web.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    made = calendar_connections.connect(slug, form, query.resource, seen=seen, by=caller.name, now=clock.now())
    return web.shown(made, views.CalendarView)


@app.delete(CONNECTION)
def delete(slug: web.Slug, query: Annotated[views.Disconnection, Query()], seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    removes = query.events == "remove"
    calendar_connections.disconnect(slug, query.resource, removes=removes, seen=seen, now=clock.now())
    return web.gone()


@app.post(f"{CONNECTION}/consent")
def consent(slug: web.Slug, query: Asked) -> views.ConsentView:
    caller = web.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    url = calendar_connections.consent(
        slug, query.resource, redirect_uri=web.address(app, CALLBACK), by=caller.name, now=clock.now()
    )
    return views.ConsentView(url=url)


@app.get(CALLBACK, include_in_schema=False)
def callback(query: Annotated[views.Returned, Query()]) -> Response[str]:
    now = clock.now()
    tenant, consent_id = calendar_connections.opened(query.state, now=now)
    web.visitor(app, tenant)
    calendar_connections.granted(
        tenant, consent_id, code=query.code, error=query.error, redirect_uri=web.address(app, CALLBACK), now=now
    )
    return web.page("Google Calendar quedó conectado.", f"Los turnos de {tenant} aparecerán allí en unos minutos.")


@app.get(f"{BASE}/calendars/drift")
def compare(slug: web.Slug, query: Asked) -> views.DriftPage:
    web.caller(app, slug, Action.READ_CALENDARS)
    return views.DriftPage(items=calendar_reports.compare(slug, query.resource, clock=clock.now), next=None)


@app.post(f"{BASE}/calendars/repair")
def repair(slug: web.Slug, query: Asked) -> views.DriftPage:
    web.caller(app, slug, Action.REPAIR_CALENDARS)
    until = clock.now() + BUDGET
    return views.DriftPage(items=calendar_reports.repair(slug, query.resource, clock=clock.now, until=until), next=None)
