"""Calendar feeds in requests and answers."""

from datetime import datetime

from pydantic import Field

from mostrador.fields import Id, Request, View
from mostrador.values import shown


class NewFeed(Request):
    resource_id: Id | None = Field(
        None,
        title="Profesional o recurso",
        description="Only this one's appointments; all of the tenant's when left out.",
    )


class FeedView(View):
    id: shown.Id = Field(title="Identificador")
    resource_id: shown.Id | None = Field(title="Profesional o recurso")
    created_by: str = Field(title="Creado por")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")


class OpenedFeedView(FeedView):
    path: shown.Path = Field(
        title="Dirección secreta", description="Shown this once. It lets its holder read the calendar."
    )


class FeedPage(View):
    items: list[FeedView] = Field(title="Elementos")
    next: shown.Next
