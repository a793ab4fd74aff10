"""Door: API keys for integrators."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people import api_keys
from mostrador.people.rules.permissions import Action
from mostrador.people.views import api_keys as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/keys"


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.KeyPage:
    door.caller(app, slug, Action.READ_KEYS)
    page = api_keys.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.KeyPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: door.Slug, form: views.NewKey, key: door.IdempotencyKey = None) -> Response[views.MadeKeyView]:
    caller = door.caller(app, slug, Action.CHANGE_KEYS)
    return door.created(
        api_keys.create(slug, form, actor_name=caller.name, key=key, now=clock.now()), views.MadeKeyView
    )


@app.get(f"{BASE}/<key_id>")
def get(slug: door.Slug, key_id: door.Id) -> Response[views.KeyView]:
    door.caller(app, slug, Action.READ_KEYS)
    return door.shown(api_keys.get(slug, key_id, now=clock.now()), views.KeyView)


@app.delete(f"{BASE}/<key_id>")
def revoke(slug: door.Slug, key_id: door.Id) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_KEYS)
    api_keys.revoke(slug, key_id, now=clock.now())
    return door.gone()
