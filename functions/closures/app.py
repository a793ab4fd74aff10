"""Door: closures and special hours."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import special_days
from mostrador.scheduling.views import special_days as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/closures"
ONE = f"{BASE}/<closure_id>"
OneClosure = Response[views.ClosureView]


@app.get(BASE, "closures.list", Action.READ_CLOSURES)
def listing(slug: door.Slug, query: door.Query[views.ClosureQuery]) -> views.ClosurePage:
    first, last = query.span()
    return views.ClosurePage(items=special_days.listing(slug, first=first, last=last, now=clock.now()))


@app.post(BASE, "closures.create", Action.CHANGE_CLOSURES, status=201)
def create(slug: door.Slug, form: views.NewClosure) -> views.ClosurePage:
    return views.ClosurePage(items=special_days.create(slug, form, now=clock.now()))


@app.post(f"{BASE}/holidays", "closures.load_holidays", Action.CHANGE_CLOSURES, status=201)
def load_holidays(slug: door.Slug, form: views.HolidayYear) -> views.ClosurePage:
    return views.ClosurePage(items=special_days.load_holidays(slug, form.year, now=clock.now()))


@app.get(ONE, "closures.get", Action.READ_CLOSURES)
def get(slug: door.Slug, closure_id: door.ClosureId) -> OneClosure:
    return answers.shown(special_days.get(slug, closure_id, now=clock.now()), views.ClosureView)


@app.put(ONE, "closures.replace", Action.CHANGE_CLOSURES)
def replace(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureEdit, seen: door.IfMatch = None
) -> OneClosure:
    return answers.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.patch(ONE, "closures.change", Action.CHANGE_CLOSURES)
def change(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureChanges, seen: door.IfMatch = None
) -> OneClosure:
    return answers.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.delete(ONE, "closures.delete", Action.CHANGE_CLOSURES)
def delete(slug: door.Slug, closure_id: door.ClosureId, seen: door.IfMatch = None) -> Response[None]:
    special_days.delete(slug, closure_id, seen=seen, now=clock.now())
    return answers.gone()
