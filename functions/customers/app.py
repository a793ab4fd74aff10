"""Door: customers."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people import customers
from mostrador.people.rules.permissions import Action
from mostrador.people.views import customers as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/customers"
ONE = f"{BASE}/<customer_id>"
OneCustomer = Response[views.CustomerView]


@app.get(BASE, "customers.list", Action.READ_CUSTOMERS)
def listing(slug: door.Slug, query: door.Query[views.CustomerListing]) -> views.CustomerPage:
    page = customers.listing(slug, query, now=clock.now())
    return views.CustomerPage(items=page.items, next=page.next)


@app.post(BASE, "customers.create", Action.CHANGE_CUSTOMERS, status=201, location=ONE)
def create(slug: door.Slug, form: views.NewCustomer, key: door.IdempotencyKey = None) -> OneCustomer:
    return answers.created(customers.create(slug, form, key=key, now=clock.now()), views.CustomerView)


@app.get(ONE, "customers.get", Action.READ_CUSTOMERS)
def get(slug: door.Slug, customer_id: door.Id) -> OneCustomer:
    return answers.shown(customers.get(slug, customer_id, now=clock.now()), views.CustomerView)


@app.put(ONE, "customers.replace", Action.CHANGE_CUSTOMERS)
def replace(slug: door.Slug, customer_id: door.Id, form: views.NewCustomer, seen: door.IfMatch = None) -> OneCustomer:
    return answers.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.patch(ONE, "customers.change", Action.CHANGE_CUSTOMERS)
def change(
    slug: door.Slug, customer_id: door.Id, form: views.CustomerChanges, seen: door.IfMatch = None
) -> OneCustomer:
    return answers.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.delete(ONE, "customers.delete", Action.DELETE_CUSTOMERS)
def delete(slug: door.Slug, customer_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    customers.delete(slug, customer_id, seen=seen, now=clock.now())
    return answers.gone()
