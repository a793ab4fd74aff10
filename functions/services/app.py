"""Door: services, and the resources that give them."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import resources, services
from mostrador.scheduling.views import services as views
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

SERVICES = "/tenant/<slug>/api/services"
RESOURCES = "/tenant/<slug>/api/resources"
OneService = Response[views.ServiceView]
OneResource = Response[views.ResourceView]


@app.get(SERVICES)
def list_services(slug: door.Slug, query: door.Query[views.ServiceListing]) -> views.ServicePage:
    door.caller(app, slug, Action.READ_SERVICES)
    page = services.listing(slug, query, now=clock.now())
    return views.ServicePage(items=page.items, next=page.next)


@app.post(SERVICES)
def create_service(slug: door.Slug, form: NewService, key: door.IdempotencyKey = None) -> OneService:
    door.caller(app, slug, Action.CHANGE_SERVICES)
    return door.created(services.create(slug, form, key=key, now=clock.now()), views.ServiceView)


@app.get(f"{SERVICES}/<service_id>")
def get_service(slug: door.Slug, service_id: door.Id) -> OneService:
    door.caller(app, slug, Action.READ_SERVICES)
    return door.shown(services.get(slug, service_id, now=clock.now()), views.ServiceView)


@app.put(f"{SERVICES}/<service_id>")
def replace_service(slug: door.Slug, service_id: door.Id, form: NewService, seen: door.IfMatch = None) -> OneService:
    door.caller(app, slug, Action.CHANGE_SERVICES)
    return door.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.patch(f"{SERVICES}/<service_id>")
def change_service(slug: door.Slug, service_id: door.Id, form: ServiceChanges, seen: door.IfMatch = None) -> OneService:
    door.caller(app, slug, Action.CHANGE_SERVICES)
    return door.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.delete(f"{SERVICES}/<service_id>")
def delete_service(slug: door.Slug, service_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_SERVICES)
    services.delete(slug, service_id, seen=seen, now=clock.now())
    return door.gone()


@app.get(RESOURCES)
def list_resources(slug: door.Slug, query: door.Query[views.ResourceListing]) -> views.ResourcePage:
    door.caller(app, slug, Action.READ_RESOURCES)
    page = resources.listing(slug, query, now=clock.now())
    return views.ResourcePage(items=page.items, next=page.next)


@app.post(RESOURCES)
def create_resource(slug: door.Slug, form: NewResource, key: door.IdempotencyKey = None) -> OneResource:
    door.caller(app, slug, Action.CHANGE_RESOURCES)
    return door.created(resources.create(slug, form, key=key, now=clock.now()), views.ResourceView)


@app.get(f"{RESOURCES}/<resource_id>")
def get_resource(slug: door.Slug, resource_id: door.Id) -> OneResource:
    door.caller(app, slug, Action.READ_RESOURCES)
    return door.shown(resources.get(slug, resource_id, now=clock.now()), views.ResourceView)


@app.put(f"{RESOURCES}/<resource_id>")
def replace_resource(
    slug: door.Slug, resource_id: door.Id, form: NewResource, seen: door.IfMatch = None
) -> OneResource:
    door.caller(app, slug, Action.CHANGE_RESOURCES)
    return door.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.patch(f"{RESOURCES}/<resource_id>")
def change_resource(
    slug: door.Slug, resource_id: door.Id, form: views.ResourceChanges, seen: door.IfMatch = None
) -> OneResource:
    door.caller(app, slug, Action.CHANGE_RESOURCES)
    return door.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.delete(f"{RESOURCES}/<resource_id>")
def delete_resource(slug: door.Slug, resource_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_RESOURCES)
    resources.delete(slug, resource_id, seen=seen, now=clock.now())
    return door.gone()
