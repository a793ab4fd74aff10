"""Usage: how much of its plan's limits a tenant has used. Without a limit only members and raffles are counted."""

from datetime import datetime

from mostrador.table import keys, reads
from mostrador.table.items import raffles
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import MeteredView, UsageView
from mostrador.values import local_time


def of_month(slug: str, *, now: datetime) -> UsageView:
    """The month of the tenant's calendar in which ``now`` lies. Raises NotHere."""
    zone = tenants.zone(tenants.current(slug, now=now))
    month = local_time.local_day(local_time.minute(now), zone)
    of_tenant, of_month, of_team = keys.tenant(slug), keys.usage(slug, month), keys.team(slug)
    of_raffles = keys.open_raffles(slug)
    items = reads.batch([of_tenant, of_month, of_team, of_raffles])
    tenant, used, team = tenants.active(items.get(of_tenant), slug), items.get(of_month), items.get(of_team)
    open_raffles: raffles.OpenRaffles | None = items.get(of_raffles)
    booked = None if tenant.max_appointments_per_month is None else (used.appointments or 0 if used else 0)
    return UsageView(
        month=f"{month:%Y-%m}",
        appointments=MeteredView(used=booked, limit=tenant.max_appointments_per_month),
        members=MeteredView(used=len(team.members or ()) if team else 0, limit=tenant.max_members),
        raffles=MeteredView(used=len(open_raffles.raffles or ()) if open_raffles else 0, limit=tenant.max_raffles),
    )
