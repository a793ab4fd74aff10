"""Door: API keys for integrators."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import api_keys, clock, web
from mostrador.rules.permissions import Action
from mostrador.views import keys as views
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/keys"


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.KeyPage:
    web.caller(app, slug, Action.READ_KEYS)
    page = api_keys.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.KeyPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: web.Slug, form: views.NewKey, key: web.IdempotencyKey = None) -> Response[views.MadeKeyView]:
    caller = web.caller(app, slug, Action.CHANGE_KEYS)
    return web.created(api_keys.create(slug, form, by=caller.name, key=key, now=clock.now()), views.MadeKeyView)


@app.get(f"{BASE}/<key_id>")
def get(slug: web.Slug, key_id: web.Id) -> Response[views.KeyView]:
    web.caller(app, slug, Action.READ_KEYS)
    return web.shown(api_keys.get(slug, key_id, now=clock.now()), views.KeyView)


@app.delete(f"{BASE}/<key_id>")
def revoke(slug: web.Slug, key_id: web.Id) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_KEYS)
    api_keys.revoke(slug, key_id, now=clock.now())
    return web.gone()
