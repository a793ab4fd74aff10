"""A tenant for each journey, with people, services and resources of its own: no journey meets what another left."""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from local.stack import PASSWORD, Stack
from tests.journeys import days
from tests.journeys.visitors import Session, Visitor, aws


@dataclass(frozen=True)
class Business:
    """A tenant and its people, who are made when they are first needed; those of the seed are there."""

    stack: Stack
    http: httpx.Client
    superuser: Visitor
    slug: str
    is_of_the_seed: bool = False

    @property
    def api(self) -> str:
        return f"tenant/{self.slug}/api"

    @property
    def public(self) -> str:
        return f"tenant/{self.slug}/public"

    @cached_property
    def admin(self) -> Visitor:
        """Who was named when the tenant was made."""
        if not self.is_of_the_seed:
            self._choose_password("admin")
        return Visitor(self.http, Session(self.stack, self.email("admin")))

    @cached_property
    def staff(self) -> Visitor:
        return self._member("staff")

    @cached_property
    def viewer(self) -> Visitor:
        return self._member("viewer")

    def email(self, role: str) -> str:
        return f"{role}@{self.slug}.example"

    def service(self, name: str, resource: str = "Eva", **form: Any) -> dict[str, Any]:
        """A service of 30 minutes, given by somebody who gives no other: what others book leaves it free."""
        giver = self.make("resources", {"name": resource})
        usual = {"duration_minutes": 30, "price": "25", "advance_booking_days": days.FAR, "resource_ids": [giver["id"]]}
        return self.make("services", {"name": name} | usual | form)

    def make(self, kind: str, form: dict[str, Any]) -> dict[str, Any]:
        made = self.superuser.call("POST", f"{self.api}/{kind}", form)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def _member(self, role: str) -> Visitor:
        if self.is_of_the_seed:
            return Visitor(self.http, Session(self.stack, self.email(role)))
        self.make("members", {"email": self.email(role), "role": role})
        self._choose_password(role)
        session = Session(self.stack, self.email(role))
        accepted = Visitor(self.http, session).call("POST", f"me/invitations/{self.slug}/accept")
        assert accepted.status_code == 200, accepted.text
        session.renewed()  # the gateway remembers for a minute what the first token may do
        return Visitor(self.http, session)

    def _choose_password(self, role: str) -> None:
        aws(self.stack, "cognito-idp").admin_set_user_password(
            UserPoolId=self.stack.user_pool_id, Username=self.email(role), Password=PASSWORD, Permanent=True
        )


def found(superuser: Visitor, stack: Stack, name: str, **settings: Any) -> Business:
    """A new tenant, by the API, under a slug that nothing else has."""
    slug = f"journey-{uuid.uuid4().hex[:12]}"
    business = Business(stack, superuser.http, superuser, slug)
    form = {"slug": slug, "name": name, "currency": "USD", "admin_email": business.email("admin")} | settings
    made = superuser.call("POST", "admin/tenants", form)
    assert made.status_code == 201, made.text
    return business
