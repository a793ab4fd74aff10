"""Door: the waiting list."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import waiting_list
from mostrador.scheduling.views import waiting_list as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/waiting"
ONE = f"{BASE}/<waiting_id>"
OneWaiting = Response[views.WaitingView]


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[views.WaitingListing]) -> views.WaitingPage:
    door.caller(app, slug, Action.READ_WAITING)
    page = waiting_list.listing(slug, query, now=clock.now())
    return views.WaitingPage(items=page.items, next=page.next)


@app.post(BASE)
def join(slug: door.Slug, form: views.NewWaiting, key: door.IdempotencyKey = None) -> OneWaiting:
    caller = door.caller(app, slug, Action.CHANGE_WAITING)
    return door.created(
        waiting_list.join(slug, form, actor_name=caller.name, key=key, now=clock.now()), views.WaitingView
    )


@app.get(ONE)
def get(slug: door.Slug, waiting_id: door.Id) -> OneWaiting:
    door.caller(app, slug, Action.READ_WAITING)
    return door.shown(waiting_list.get(slug, waiting_id, now=clock.now()), views.WaitingView)


@app.delete(ONE)
def withdraw(slug: door.Slug, waiting_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_WAITING)
    waiting_list.withdraw(slug, waiting_id, seen=seen, now=clock.now())
    return door.gone()
