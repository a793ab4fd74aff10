"""The prizes that an order won, as its link shows them."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import View, local
from mostrador.values import shown

if TYPE_CHECKING:
    from mostrador.raffles.claims import OwnPrize


class OwnPrizeView(View):
    """A prize that the order won; it may be claimed until ``claim_by``."""

    prize: int = Field(title="Puesto")
    name: str = Field(title="Premio")
    number: shown.Number = Field(title="Número")
    claim_by: datetime = Field(title="Se reclama hasta")
    claimed_at: datetime | None = Field(title="Reclamado el")
    delivered_at: datetime | None = Field(title="Entregado el")

    @classmethod
    def computed_fields(cls, item: "OwnPrize") -> dict[str, object]:
        """Instants on the tenant's clock."""
        zone = ZoneInfo(item.time_zone)
        return {name: local(getattr(item, name), zone) for name in ("claim_by", "claimed_at", "delivered_at")}
