"""Door: the waiting list."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import waiting_list
from mostrador.scheduling.views import waiting_list as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/waiting"
ONE = f"{BASE}/<waiting_id>"
OneWaiting = Response[views.WaitingView]


@app.get(BASE, "waiting.list", Action.READ_WAITING)
def listing(slug: door.Slug, query: door.Query[views.WaitingListing]) -> views.WaitingPage:
    page = waiting_list.listing(slug, query, now=clock.now())
    return views.WaitingPage(items=page.items, next=page.next)


@app.post(BASE, "waiting.join", Action.CHANGE_WAITING, status=201, location=ONE)
def join(slug: door.Slug, form: views.NewWaiting, key: door.IdempotencyKey = None) -> OneWaiting:
    return answers.created(
        waiting_list.join(slug, form, actor_name=app.caller.name, key=key, now=clock.now()), views.WaitingView
    )


@app.get(ONE, "waiting.get", Action.READ_WAITING)
def get(slug: door.Slug, waiting_id: door.Id) -> OneWaiting:
    return answers.shown(waiting_list.get(slug, waiting_id, now=clock.now()), views.WaitingView)


@app.delete(ONE, "waiting.withdraw", Action.CHANGE_WAITING)
def withdraw(slug: door.Slug, waiting_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    waiting_list.withdraw(slug, waiting_id, seen=seen, now=clock.now())
    return answers.gone()
