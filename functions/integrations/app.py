"""Door: connections to other systems."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.payments import bancard_account
from mostrador.people.rules.permissions import Action
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from mostrador.tenancy.views import integrations as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/integrations"
BANCARD = f"{BASE}/BANCARD"
OneBancard = Response[views.BancardView]


@app.get(BASE, "integrations.list", Action.READ_INTEGRATIONS)
def listing(slug: door.Slug) -> views.IntegrationPage:
    return views.IntegrationPage(items=integrations.listing(slug, now=clock.now()), next=None)


@app.get(BANCARD, "integrations.get_bancard", Action.READ_INTEGRATIONS)
def get_bancard(slug: door.Slug) -> OneBancard:
    return answers.shown(integrations.get(slug, IntegrationType.BANCARD, now=clock.now()), views.BancardView)


@app.put(BANCARD, "integrations.connect_bancard", Action.CHANGE_INTEGRATIONS)
def put_bancard(slug: door.Slug, form: views.BancardForm, seen: door.IfMatch = None) -> OneBancard:
    return answers.shown(
        bancard_account.connect(slug, form, seen=seen, actor_name=app.caller.name, now=clock.now()), views.BancardView
    )


@app.delete(BANCARD, "integrations.disconnect_bancard", Action.CHANGE_INTEGRATIONS)
def delete_bancard(slug: door.Slug, seen: door.IfMatch = None) -> Response[None]:
    bancard_account.disconnect(slug, seen=seen, now=clock.now())
    return answers.gone()
