"""The example tenants, their services and their users: what a newcomer finds after `make dev`.

A process of its own, because the package reads its settings from the environment when it is imported.
"""

import json
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from local.stack import PASSWORD, Login, Stack
from mostrador import context, process_cache
from mostrador.payments import bancard_account
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.scheduling import services, special_days
from mostrador.scheduling.views.services import NewService
from mostrador.table.writes import KeyReused
from mostrador.tenancy import tenants
from mostrador.tenancy.views.integrations import BancardForm
from mostrador.tenancy.views.tenants import NewTenant

SUPERUSER: Final = "super@mostrador.example"

WITH_HOLIDAYS: Final = "peluqueria-nanduti"
GOOGLE_ACCOUNT: Final = "agenda@nanduti.example"
WITH_BANCARD: Final = "peluqueria-nanduti"
BANCARD: Final = {
    "public_key": "MOCKnanduti000000000000000000001",
    "private_key": "only-the-stand-in-on-this-machine-knows-it",
    "return_url": "https://nanduti.example.com/pago",
}
"""An account at the stand-in: keys that open nothing anywhere else."""

TENANTS: Final[list[dict[str, Any]]] = [
    {
        "slug": "salon-beauty",
        "name": "Beauty Salon",
        "currency": "USD",
        "contact_email": "hola@salon-beauty.example.com",
        "contact_phone": "021 600 100",
    },
    {
        "slug": "clinic-health",
        "name": "Health Clinic",
        "currency": "USD",
        "contact_email": "hola@clinic-health.example.com",
        "contact_phone": "021 600 200",
        "minimum_notice_minutes": 60,
    },
    {
        "slug": "peluqueria-nanduti",
        "name": "Peluquería Ñandutí",
        "currency": "PYG",
        "contact_email": "hola@nanduti.example.com",
        "contact_phone": "0981 600 300",
        "hold_minutes": 10,
    },
]

SERVICES: Final[dict[str, list[dict[str, Any]]]] = {
    tenants.DEFAULT: [
        {"name": "Turno", "description": "Turno general", "duration_minutes": 30, "price": "50000"},
    ],
    "salon-beauty": [
        {"name": "Haircut", "description": "Corte de cabello", "duration_minutes": 30, "price": "25.00"},
        {"name": "Hair Coloring", "description": "Coloración", "duration_minutes": 90, "price": "75.00"},
    ],
    "clinic-health": [
        {"name": "General Consultation", "description": "Consulta general", "duration_minutes": 30, "price": "50.00"},
    ],
    "peluqueria-nanduti": [
        {"name": "Corte de pelo", "description": "Haircut", "duration_minutes": 30, "price": "80000"},
        {
            "name": "Color y brushing",
            "description": "Coloring and blow-dry",
            "duration_minutes": 120,
            "buffer_time_minutes": 15,
            "price": "350000",
        },
    ],
}


def main() -> int:
    """Seed the stack of standard input, ``{"stack": ..., "password": ...}``; print the logins as JSON."""
    order = json.load(sys.stdin)
    logins = seed(Stack(**order["stack"]), order["password"])
    print(json.dumps([asdict(login) for login in logins]))
    return 0


def seed(stack: Stack, password: str = PASSWORD) -> list[Login]:
    """Make the tenants, services and users that are missing; a second run changes but the users' password."""
    now = datetime.now(UTC)
    for wanted in TENANTS:
        with context.working(wanted["slug"], context.SYSTEM):
            _tenant(wanted, now)
    with context.working(tenants.DEFAULT, context.SYSTEM):
        _services(tenants.find(tenants.DEFAULT, now=now).slug, now)
    if stack.stand_ins_url and stack.stand_ins_token:
        _take_payments(stack, now)
        _play_google(stack)
    logins = [Login(SUPERUSER, password, "superuser")]
    logins += [
        Login(f"{role}@{wanted['slug']}.example", password, role, wanted["slug"])
        for wanted in TENANTS
        for role in ("admin", "staff", "viewer")
    ]
    for login in logins:
        _user(stack, login, now)
    return logins


def _tenant(wanted: dict[str, Any], now: datetime) -> None:
    try:
        tenants.create(NewTenant(**wanted), now=now)
    except tenants.SlugTaken:
        process_cache.clear_all()
    _services(wanted["slug"], now)
    if wanted["slug"] == WITH_HOLIDAYS:
        for year in (now.year, now.year + 1):
            special_days.load_holidays(wanted["slug"], year, now=now)


def _take_payments(stack: Stack, now: datetime) -> None:
    """Give one tenant an account at the stand-in for Bancard, with the keys of its portal."""
    portal = f"{stack.stand_ins_url}/bancard/portal/applications/{BANCARD['public_key']}"
    webhook = f"{stack.api_url}/tenant/{WITH_BANCARD}/api/payments/bancard/webhook"
    application = {"private_key": BANCARD["private_key"], "confirmation_url": webhook}
    _order(stack, portal, application)
    with context.working(WITH_BANCARD, context.SYSTEM):
        bancard_account.connect(WITH_BANCARD, BancardForm(**BANCARD), seen=None, actor_name="seed", now=now)


def _play_google(stack: Stack) -> None:
    """Register us at the stand-in for Google, and somebody there whose calendar may be connected."""
    portal = f"{stack.stand_ins_url}/google/portal"
    redirect = {"redirect_uris": [f"{stack.api_url}/calendar/oauth/callback"]}
    registrations = {
        "clients/mostrador": {"client_secret": "for the stand-in"} | redirect,
        f"accounts/{GOOGLE_ACCOUNT}": {},
    }
    for path, form in registrations.items():
        _order(stack, f"{portal}/{path}", form)


def _order(stack: Stack, address: str, form: dict[str, Any]) -> None:
    """Register something at a stand-in's portal."""
    httpx.put(address, json=form, headers=stack.portal_headers(), timeout=180, trust_env=False).raise_for_status()


def _services(slug: str, now: datetime) -> None:
    for service in SERVICES[slug]:
        with suppress(KeyReused):  # made by an older version, whose form was another
            services.create(slug, NewService(**service), key=f"seed {service['name']}", now=now)


def _user(stack: Stack, login: Login, now: datetime) -> None:
    """A user of the pool, with the role in the tenant or in the pool's group of superusers."""
    pool = stack.client("cognito-idp")
    of_pool = {"UserPoolId": stack.user_pool_id, "Username": login.email}
    with suppress(pool.exceptions.UsernameExistsException):
        pool.admin_create_user(
            **of_pool,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": login.email}, {"Name": "email_verified", "Value": "true"}],
        )
    pool.admin_set_user_password(**of_pool, Password=login.password, Permanent=True)
    if not login.tenant:
        pool.admin_add_user_to_group(**of_pool, GroupName="superuser")
        return
    attributes = pool.admin_get_user(**of_pool)["UserAttributes"]
    user = next(attribute["Value"] for attribute in attributes if attribute["Name"] == "sub")
    with context.working(login.tenant, context.SYSTEM), suppress(members.AlreadyMember):
        members.add(login.tenant, user, email=login.email, role=Role(login.role), now=now)


if __name__ == "__main__":
    sys.exit(main())
