"""Door: API keys for integrators."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people import api_keys
from mostrador.people.rules.permissions import Action
from mostrador.people.views import api_keys as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/keys"


@app.get(BASE, "api_keys.list", Action.READ_KEYS)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.KeyPage:
    page = api_keys.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.KeyPage(items=page.items, next=page.next)


@app.post(BASE, "api_keys.create", Action.CHANGE_KEYS, status=201, location=f"{BASE}/<key_id>")
def create(slug: door.Slug, form: views.NewKey, key: door.IdempotencyKey = None) -> Response[views.MadeKeyView]:
    return answers.created(
        api_keys.create(slug, form, actor_name=app.caller.name, key=key, now=clock.now()), views.MadeKeyView
    )


@app.get(f"{BASE}/<key_id>", "api_keys.get", Action.READ_KEYS)
def get(slug: door.Slug, key_id: door.Id) -> Response[views.KeyView]:
    return answers.shown(api_keys.get(slug, key_id, now=clock.now()), views.KeyView)


@app.delete(f"{BASE}/<key_id>", "api_keys.revoke", Action.CHANGE_KEYS)
def revoke(slug: door.Slug, key_id: door.Id) -> Response[None]:
    api_keys.revoke(slug, key_id, now=clock.now())
    return answers.gone()
