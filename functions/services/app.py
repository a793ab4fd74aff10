"""Door: services, and the resources that give them."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, resources, services, web
from mostrador.rules.permissions import Action
from mostrador.views import services as views
from mostrador.views.common import Listing
from mostrador.views.services import NewResource
from mostrador.views.services import ServiceChanges as Changes

app = web.resolver()
handler = web.handler(app)

SERVICES = "/tenant/<slug>/api/services"
RESOURCES = "/tenant/<slug>/api/resources"
OneService = Response[views.ServiceView]
OneResource = Response[views.ResourceView]


@app.get(SERVICES)
def list_services(slug: web.Slug, query: Annotated[views.ServiceListing, Query()]) -> views.ServicePage:
    web.caller(app, slug, Action.READ_SERVICES)
    page = services.listing(slug, is_active=query.is_active, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.ServicePage(items=page.items, next=page.next)


@app.post(SERVICES)
def create_service(slug: web.Slug, form: views.NewService, key: web.IdempotencyKey = None) -> OneService:
    web.caller(app, slug, Action.CHANGE_SERVICES)
    return web.created(services.create(slug, form, key=key, now=clock.now()), views.ServiceView)


@app.get(f"{SERVICES}/<service_id>")
def get_service(slug: web.Slug, service_id: web.Id) -> OneService:
    web.caller(app, slug, Action.READ_SERVICES)
    return web.shown(services.get(slug, service_id, now=clock.now()), views.ServiceView)


@app.put(f"{SERVICES}/<service_id>")
def replace_service(slug: web.Slug, service_id: web.Id, form: views.NewService, seen: web.IfMatch = None) -> OneService:
    web.caller(app, slug, Action.CHANGE_SERVICES)
    return web.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.patch(f"{SERVICES}/<service_id>")
def change_service(slug: web.Slug, service_id: web.Id, form: Changes, seen: web.IfMatch = None) -> OneService:
    web.caller(app, slug, Action.CHANGE_SERVICES)
    return web.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.delete(f"{SERVICES}/<service_id>")
def delete_service(slug: web.Slug, service_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_SERVICES)
    services.delete(slug, service_id, seen=seen, now=clock.now())
    return web.gone()


@app.get(RESOURCES)
def list_resources(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.ResourcePage:
    web.caller(app, slug, Action.READ_RESOURCES)
    page = resources.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.ResourcePage(items=page.items, next=page.next)


@app.post(RESOURCES)
def create_resource(slug: web.Slug, form: NewResource, key: web.IdempotencyKey = None) -> OneResource:
    web.caller(app, slug, Action.CHANGE_RESOURCES)
    return web.created(resources.create(slug, form, key=key, now=clock.now()), views.ResourceView)


@app.get(f"{RESOURCES}/<resource_id>")
def get_resource(slug: web.Slug, resource_id: web.Id) -> OneResource:
    web.caller(app, slug, Action.READ_RESOURCES)
    return web.shown(resources.get(slug, resource_id, now=clock.now()), views.ResourceView)


@app.put(f"{RESOURCES}/<resource_id>")
def replace_resource(slug: web.Slug, resource_id: web.Id, form: NewResource, seen: web.IfMatch = None) -> OneResource:
    web.caller(app, slug, Action.CHANGE_RESOURCES)
    return web.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.patch(f"{RESOURCES}/<resource_id>")
def change_resource(
    slug: web.Slug, resource_id: web.Id, form: views.ResourceChanges, seen: web.IfMatch = None
) -> OneResource:
    web.caller(app, slug, Action.CHANGE_RESOURCES)
    return web.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.delete(f"{RESOURCES}/<resource_id>")
def delete_resource(slug: web.Slug, resource_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_RESOURCES)
    resources.delete(slug, resource_id, seen=seen, now=clock.now())
    return web.gone()
