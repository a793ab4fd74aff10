"""Door: connections to other people's systems."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock, gateways, integrations, web
from mostrador.integrations import Kind
from mostrador.rules.permissions import Action
from mostrador.views import integrations as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/integrations"
BANCARD = f"{BASE}/BANCARD"
OneBancard = Response[views.BancardView]


@app.get(BASE)
def listing(slug: web.Slug) -> views.IntegrationPage:
    web.caller(app, slug, Action.READ_INTEGRATIONS)
    return views.IntegrationPage(items=integrations.listing(slug, now=clock.now()), next=None)


@app.get(BANCARD)
def get_bancard(slug: web.Slug) -> OneBancard:
    web.caller(app, slug, Action.READ_INTEGRATIONS)
    return web.shown(integrations.get(slug, Kind.BANCARD, now=clock.now()), views.BancardView)


@app.put(BANCARD)
def put_bancard(slug: web.Slug, form: views.BancardForm, seen: web.IfMatch = None) -> OneBancard:
    caller = web.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    return web.shown(gateways.connect(slug, form, seen=seen, by=caller.name, now=clock.now()), views.BancardView)


@app.delete(BANCARD)
def delete_bancard(slug: web.Slug, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    gateways.disconnect(slug, seen=seen, now=clock.now())
    return web.gone()
