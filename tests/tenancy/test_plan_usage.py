from mostrador.scheduling import booking
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support.days import shifted
from tests.support.teams import invite


def book(service, now):
    form = NewAppointment(
        service_id=service.id, scheduled_at=shifted("2026-12-01T12:00:00Z"), customer_data={"name": "Ana"}
    )
    booking.book("salon", form, actor_name="eva", key=None, now=now)


def limits(now, **most):
    tenants.change("salon", TenantOperationChanges(**most), seen=None, now=now)


def used(now):
    told = plan_usage.of_month("salon", now=now).model_dump()
    return told.pop("month"), {name: (of["used"], of["limit"]) for name, of in told.items()}


def test_without_limits_only_members_and_raffles_are_counted(haircut, now):
    book(haircut, now)
    invite("salon", "ana@example.com", now=now)

    assert used(now) == (f"{now:%Y-%m}", {"appointments": (None, None), "members": (2, None), "raffles": (0, None)})


def test_with_limits_what_is_used_is_told(haircut, now):
    limits(now, max_appointments_per_month=10, max_members=5, max_raffles=3)
    assert used(now)[1]["appointments"] == (0, 10)

    book(haircut, now)

    assert used(now)[1] == {"appointments": (1, 10), "members": (1, 5), "raffles": (0, 3)}


def test_the_month_is_the_tenants_own(salon, monday):
    """Three in the morning in UTC is still the day before in Asuncion."""
    assert used(monday.replace(month=12, day=1, hour=2))[0] == "2026-11"


def test_a_tenant_without_a_team_has_used_no_members(table, now):
    tenants.find("default", now=now)

    assert plan_usage.of_month("default", now=now).members.used == 0
