"""Door: customers."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, customers, web
from mostrador.rules.permissions import Action
from mostrador.views import customers as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/customers"
ONE = f"{BASE}/<customer_id>"
OneCustomer = Response[views.CustomerView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.CustomerListing, Query()]) -> views.CustomerPage:
    web.caller(app, slug, Action.READ_CUSTOMERS)
    page = customers.listing(slug, q=query.q, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.CustomerPage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: web.Slug, form: views.NewCustomer, key: web.IdempotencyKey = None) -> OneCustomer:
    web.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return web.created(customers.create(slug, form, key=key, now=clock.now()), views.CustomerView)


@app.get(ONE)
def get(slug: web.Slug, customer_id: web.Id) -> OneCustomer:
    web.caller(app, slug, Action.READ_CUSTOMERS)
    return web.shown(customers.get(slug, customer_id, now=clock.now()), views.CustomerView)


@app.put(ONE)
def replace(slug: web.Slug, customer_id: web.Id, form: views.NewCustomer, seen: web.IfMatch = None) -> OneCustomer:
    web.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return web.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.patch(ONE)
def change(slug: web.Slug, customer_id: web.Id, form: views.CustomerChanges, seen: web.IfMatch = None) -> OneCustomer:
    web.caller(app, slug, Action.CHANGE_CUSTOMERS)
    return web.shown(customers.change(slug, customer_id, form, seen=seen, now=clock.now()), views.CustomerView)


@app.delete(ONE)
def delete(slug: web.Slug, customer_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.DELETE_CUSTOMERS)
    customers.delete(slug, customer_id, seen=seen, now=clock.now())
    return web.gone()
