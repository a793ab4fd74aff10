"""Usage: how much of what the plan limits a tenant has used; without a limit only members and raffles are counted."""

from datetime import datetime

from mostrador.table import keys, reads
from mostrador.table.items import raffles
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import MeteredView, UsageView
from mostrador.values import local_time


def of_month(tenant: str, *, now: datetime) -> UsageView:
    """The month of the tenant's calendar in which ``now`` lies. Raises NotHere."""
    shop = tenants.current(tenant, now=now)
    month = local_time.local_day(local_time.minute(now), tenants.zone(shop))
    of_tenant, of_month, of_team = keys.tenant(tenant), keys.usage(tenant, month), keys.team(tenant)
    of_raffles = keys.open_raffles(tenant)
    known = reads.batch([of_tenant, of_month, of_team, of_raffles])
    shop, used, team = tenants.active(known.get(of_tenant), tenant), known.get(of_month), known.get(of_team)
    opened: raffles.OpenRaffles | None = known.get(of_raffles)
    booked = None if shop.max_appointments_per_month is None else (used.appointments or 0 if used else 0)
    return UsageView(
        month=f"{month:%Y-%m}",
        appointments=MeteredView(used=booked, limit=shop.max_appointments_per_month),
        members=MeteredView(used=len(team.members or ()) if team else 0, limit=shop.max_members),
        raffles=MeteredView(used=len(opened.raffles or ()) if opened else 0, limit=shop.max_raffles),
    )
