"""Door: the waiting list."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, waiting, web
from mostrador.rules.permissions import Action
from mostrador.views import waiting as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/waiting"
ONE = f"{BASE}/<waiting_id>"
OneWaiting = Response[views.WaitingView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.WaitingListing, Query()]) -> views.WaitingPage:
    web.caller(app, slug, Action.READ_WAITING)
    page = waiting.listing(slug, query, now=clock.now())
    return views.WaitingPage(items=page.items, next=page.next)


@app.post(BASE)
def join(slug: web.Slug, form: views.NewWaiting, key: web.IdempotencyKey = None) -> OneWaiting:
    caller = web.caller(app, slug, Action.CHANGE_WAITING)
    return web.created(waiting.join(slug, form, by=caller.name, key=key, now=clock.now()), views.WaitingView)


@app.get(ONE)
def get(slug: web.Slug, waiting_id: web.Id) -> OneWaiting:
    web.caller(app, slug, Action.READ_WAITING)
    return web.shown(waiting.get(slug, waiting_id, now=clock.now()), views.WaitingView)


@app.delete(ONE)
def withdraw(slug: web.Slug, waiting_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_WAITING)
    waiting.withdraw(slug, waiting_id, seen=seen, now=clock.now())
    return web.gone()
