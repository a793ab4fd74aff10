"""Door: closures and special hours."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import special_days
from mostrador.scheduling.views import special_days as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/closures"
ONE = f"{BASE}/<closure_id>"
OneClosure = Response[views.ClosureView]


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[views.ClosureQuery]) -> views.ClosurePage:
    door.caller(app, slug, Action.READ_CLOSURES)
    first, last = query.span()
    return views.ClosurePage(items=special_days.listing(slug, first=first, last=last, now=clock.now()))


@app.post(BASE)
def create(slug: door.Slug, form: views.NewClosure) -> Response[views.ClosurePage]:
    door.caller(app, slug, Action.CHANGE_CLOSURES)
    return door.made(views.ClosurePage(items=special_days.create(slug, form, now=clock.now())))


@app.post(f"{BASE}/holidays")
def load_holidays(slug: door.Slug, form: views.HolidayYear) -> Response[views.ClosurePage]:
    door.caller(app, slug, Action.CHANGE_CLOSURES)
    return door.made(views.ClosurePage(items=special_days.load_holidays(slug, form.year, now=clock.now())))


@app.get(ONE)
def get(slug: door.Slug, closure_id: door.ClosureId) -> OneClosure:
    door.caller(app, slug, Action.READ_CLOSURES)
    return door.shown(special_days.get(slug, closure_id, now=clock.now()), views.ClosureView)


@app.put(ONE)
def replace(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureEdit, seen: door.IfMatch = None
) -> OneClosure:
    door.caller(app, slug, Action.CHANGE_CLOSURES)
    return door.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.patch(ONE)
def change(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureChanges, seen: door.IfMatch = None
) -> OneClosure:
    door.caller(app, slug, Action.CHANGE_CLOSURES)
    return door.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.delete(ONE)
def delete(slug: door.Slug, closure_id: door.ClosureId, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_CLOSURES)
    special_days.delete(slug, closure_id, seen=seen, now=clock.now())
    return door.gone()
