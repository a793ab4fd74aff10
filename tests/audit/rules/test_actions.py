from mostrador import context
from mostrador.audit.rules.actions import ACTIONS, STATES, STEPS, ActorRole, AuditedEntity
from mostrador.people.rules.permissions import Role
from mostrador.table.base import Versioned
from tests.test_docs import subclasses


def audited():
    """Name -> class of all items whose changes the log has."""
    return {item.__name__.lower(): item for item in subclasses(Versioned)}


def test_the_audited_entities_are_the_versioned_items():
    assert set(AuditedEntity) == audited().keys()


def test_each_entity_with_a_status_has_its_states_as_actions():
    with_status = {name for name, item in audited().items() if "status" in item.get_attributes()}

    assert set(STATES) == with_status
    assert {"appointment.no_show", "order.in_review", "payment.refund_due", "waiting.offered"} <= set(ACTIONS)


def test_each_step_of_an_item_is_an_action():
    steps = {name: tuple(dict.fromkeys(item.steps.values())) for name, item in audited().items() if item.steps}

    assert dict(STEPS) == steps
    assert "appointment.reopened" in ACTIONS


def test_an_entity_without_a_status_is_created_changed_and_deleted():
    assert [action for action in ACTIONS if action.startswith("service.")] == [
        "service.created",
        "service.changed",
        "service.deleted",
    ]


def test_an_actor_has_a_callers_role_or_none():
    assert set(ActorRole) == {*Role, "public", context.SYSTEM.role}
