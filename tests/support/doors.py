"""The routes of the API, as their doors declare them."""

from mostrador.people.rules.permissions import Action
from tests.support import template


def action(method, path):
    """The action that the route asks the permissions for; None where it asks for none."""
    access = template.route(method, path).access
    return access if isinstance(access, Action) else None
