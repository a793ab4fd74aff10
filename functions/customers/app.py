"""Door: customers."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people import customers
from mostrador.people.rules.permissions import Action
from mostrador.people.views import customers as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/customers"
ONE = f"{BASE}/<customer_id>"
OneCustomer = Response[views.CustomerView]


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[views.CustomerListing]) -> views.CustomerPage:
    door.caller(app, slug, Action.READ_CUSTOMERS)
    page = customers.listing(slug, query, now=clock.now())
    return views.CustomerPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: door.Slug, form: views.NewCustomer, key: door.IdempotencyKey = None) -> OneCustomer:
    door.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return door.created(customers.create(slug, form, key=key, now=clock.now()), views.CustomerView)


@app.get(ONE)
def get(slug: door.Slug, customer_id: door.Id) -> OneCustomer:
    door.caller(app, slug, Action.READ_CUSTOMERS)
    return door.shown(customers.get(slug, customer_id, now=clock.now()), views.CustomerView)


@app.put(ONE)
def replace(slug: door.Slug, customer_id: door.Id, form: views.NewCustomer, seen: door.IfMatch = None) -> OneCustomer:
    door.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return door.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.patch(ONE)
def change(
    slug: door.Slug, customer_id: door.Id, form: views.CustomerChanges, seen: door.IfMatch = None
) -> OneCustomer:
    door.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return door.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.delete(ONE)
def delete(slug: door.Slug, customer_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.DELETE_CUSTOMERS)
    customers.delete(slug, customer_id, seen=seen, now=clock.now())
    return door.gone()
