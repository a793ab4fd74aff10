"""Door: closures and special hours."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, closures, web
from mostrador.rules.permissions import Action
from mostrador.views import closures as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/closures"
ONE = f"{BASE}/<closure_id>"
OneClosure = Response[views.ClosureView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.ClosureQuery, Query()]) -> views.ClosurePage:
    web.caller(app, slug, Action.READ_CLOSURES)
    return views.ClosurePage(items=closures.listing(slug, first=query.from_, last=query.to, now=clock.now()))


@app.post(BASE)
def create(slug: web.Slug, form: views.NewClosure) -> Response[views.ClosurePage]:
    web.caller(app, slug, Action.CHANGE_CLOSURES)
    return web.made(views.ClosurePage(items=closures.create(slug, form, now=clock.now())))


@app.post(f"{BASE}/holidays")
def load_holidays(slug: web.Slug, form: views.HolidayYear) -> Response[views.ClosurePage]:
    web.caller(app, slug, Action.CHANGE_CLOSURES)
    return web.made(views.ClosurePage(items=closures.load_holidays(slug, form.year, now=clock.now())))


@app.get(ONE)
def get(slug: web.Slug, closure_id: web.ClosureId) -> OneClosure:
    web.caller(app, slug, Action.READ_CLOSURES)
    return web.shown(closures.get(slug, closure_id, now=clock.now()), views.ClosureView)


@app.put(ONE)
def replace(slug: web.Slug, closure_id: web.ClosureId, form: views.ClosureEdit, seen: web.IfMatch = None) -> OneClosure:
    web.caller(app, slug, Action.CHANGE_CLOSURES)
    return web.shown(closures.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.patch(ONE)
def change(
    slug: web.Slug, closure_id: web.ClosureId, form: views.ClosureChanges, seen: web.IfMatch = None
) -> OneClosure:
    web.caller(app, slug, Action.CHANGE_CLOSURES)
    return web.shown(closures.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.delete(ONE)
def delete(slug: web.Slug, closure_id: web.ClosureId, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_CLOSURES)
    closures.delete(slug, closure_id, seen=seen, now=clock.now())
    return web.gone()
