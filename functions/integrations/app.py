"""Door: connections to other systems."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.payments import bancard_account
from mostrador.people.rules.permissions import Action
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from mostrador.tenancy.views import integrations as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/integrations"
BANCARD = f"{BASE}/BANCARD"
OneBancard = Response[views.BancardView]


@app.get(BASE)
def listing(slug: door.Slug) -> views.IntegrationPage:
    door.caller(app, slug, Action.READ_INTEGRATIONS)
    return views.IntegrationPage(items=integrations.listing(slug, now=clock.now()), next=None)


@app.get(BANCARD)
def get_bancard(slug: door.Slug) -> OneBancard:
    door.caller(app, slug, Action.READ_INTEGRATIONS)
    return door.shown(integrations.get(slug, IntegrationType.BANCARD, now=clock.now()), views.BancardView)


@app.put(BANCARD)
def put_bancard(slug: door.Slug, form: views.BancardForm, seen: door.IfMatch = None) -> OneBancard:
    caller = door.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    return door.shown(
        bancard_account.connect(slug, form, seen=seen, actor_name=caller.name, now=clock.now()), views.BancardView
    )


@app.delete(BANCARD)
def delete_bancard(slug: door.Slug, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_INTEGRATIONS)
    bancard_account.disconnect(slug, seen=seen, now=clock.now())
    return door.gone()
