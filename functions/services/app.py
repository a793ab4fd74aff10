"""Door: services, and the resources that give them."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import resources, services
from mostrador.scheduling.views import services as views
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

SERVICES = "/tenant/<slug>/api/services"
RESOURCES = "/tenant/<slug>/api/resources"
OneService = Response[views.ServiceView]
OneResource = Response[views.ResourceView]


@app.get(SERVICES, "services.list", Action.READ_SERVICES)
def list_services(slug: door.Slug, query: door.Query[views.ServiceListing]) -> views.ServicePage:
    page = services.listing(slug, query, now=clock.now())
    return views.ServicePage(items=page.items, next=page.next)


@app.post(SERVICES, "services.create", Action.CHANGE_SERVICES, status=201, location=f"{SERVICES}/<service_id>")
def create_service(slug: door.Slug, form: NewService, key: door.IdempotencyKey = None) -> OneService:
    return answers.created(services.create(slug, form, key=key, now=clock.now()), views.ServiceView)


@app.get(f"{SERVICES}/<service_id>", "services.get", Action.READ_SERVICES)
def get_service(slug: door.Slug, service_id: door.Id) -> OneService:
    return answers.shown(services.get(slug, service_id, now=clock.now()), views.ServiceView)


@app.put(f"{SERVICES}/<service_id>", "services.replace", Action.CHANGE_SERVICES)
def replace_service(slug: door.Slug, service_id: door.Id, form: NewService, seen: door.IfMatch = None) -> OneService:
    return answers.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.patch(f"{SERVICES}/<service_id>", "services.change", Action.CHANGE_SERVICES)
def change_service(slug: door.Slug, service_id: door.Id, form: ServiceChanges, seen: door.IfMatch = None) -> OneService:
    return answers.shown(services.change(slug, service_id, form, seen=seen, now=clock.now()), views.ServiceView)


@app.delete(f"{SERVICES}/<service_id>", "services.delete", Action.CHANGE_SERVICES)
def delete_service(slug: door.Slug, service_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    services.delete(slug, service_id, seen=seen, now=clock.now())
    return answers.gone()


@app.get(RESOURCES, "resources.list", Action.READ_RESOURCES)
def list_resources(slug: door.Slug, query: door.Query[views.ResourceListing]) -> views.ResourcePage:
    page = resources.listing(slug, query, now=clock.now())
    return views.ResourcePage(items=page.items, next=page.next)


@app.post(RESOURCES, "resources.create", Action.CHANGE_RESOURCES, status=201, location=f"{RESOURCES}/<resource_id>")
def create_resource(slug: door.Slug, form: NewResource, key: door.IdempotencyKey = None) -> OneResource:
    return answers.created(resources.create(slug, form, key=key, now=clock.now()), views.ResourceView)


@app.get(f"{RESOURCES}/<resource_id>", "resources.get", Action.READ_RESOURCES)
def get_resource(slug: door.Slug, resource_id: door.Id) -> OneResource:
    return answers.shown(resources.get(slug, resource_id, now=clock.now()), views.ResourceView)


@app.put(f"{RESOURCES}/<resource_id>", "resources.replace", Action.CHANGE_RESOURCES)
def replace_resource(
    slug: door.Slug, resource_id: door.Id, form: NewResource, seen: door.IfMatch = None
) -> OneResource:
    return answers.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.patch(f"{RESOURCES}/<resource_id>", "resources.change", Action.CHANGE_RESOURCES)
def change_resource(
    slug: door.Slug, resource_id: door.Id, form: views.ResourceChanges, seen: door.IfMatch = None
) -> OneResource:
    return answers.shown(resources.change(slug, resource_id, form, seen=seen, now=clock.now()), views.ResourceView)


@app.delete(f"{RESOURCES}/<resource_id>", "resources.delete", Action.CHANGE_RESOURCES)
def delete_resource(slug: door.Slug, resource_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    resources.delete(slug, resource_id, seen=seen, now=clock.now())
    return answers.gone()
