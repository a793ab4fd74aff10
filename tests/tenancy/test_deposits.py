"""A service asks for a deposit only while customers can pay it: by transfer, or by Bancard in guaranies."""

from contextlib import suppress

import pytest

from mostrador.payments import bancard_account
from mostrador.scheduling import services
from mostrador.scheduling.views.services import NewService, ServiceChanges
from mostrador.table import keys, reads
from mostrador.table.writes import Transaction
from mostrador.tenancy import deposits, integrations, tenants
from mostrador.tenancy.deposits import DepositNotPayable, DepositsDependOnIt
from mostrador.tenancy.rules.integration_states import IntegrationType
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import bank as banks
from tests.support.http import Client

TRANSFER = {"bank": "Itaú", "account": "1234567", "holder": "Salón SRL"}
FORM = {"name": "Peinado", "duration_minutes": 60, "price": "400000"}
admin = Client({"salon": "admin"})


@pytest.fixture
def bank(salon):
    with banks.opened() as opened:
        yield opened


def create(now, **more):
    return services.create("salon", NewService(**FORM | more), key=None, now=now)


def change(now, service, **changes):
    return services.change("salon", service.id, ServiceChanges(**changes), seen=None, now=now)


def set_details(now, details):
    return tenants.change("salon", TenantChanges(transfer_details=details), seen=None, now=now)


def disconnect(now):
    bancard_account.disconnect("salon", seen=None, now=now)


def test_a_deposit_that_nobody_can_pay_is_refused_and_nothing_is_stored(salon, now):
    with pytest.raises(DepositNotPayable) as refused:
        create(now, deposit_percent=30)

    assert (refused.value.facts["field"], refused.value.facts["value"]) == ("body.deposit_percent", 30)
    assert reads.everything(*keys.service("salon", "")) == []


@pytest.mark.parametrize(
    "changes", [{"deposit_percent": 30}, {"deposit_percent": 30, "name": "Otro"}], ids=["alone", "with others"]
)
def test_a_change_to_such_a_deposit_is_refused(salon, now, changes):
    service = create(now)

    with pytest.raises(DepositNotPayable):
        change(now, service, **changes)
    with pytest.raises(DepositNotPayable):
        services.change("salon", service.id, NewService(**FORM | changes), seen=None, now=now)

    assert services.get("salon", service.id, now=now).deposit_percent is None


def test_bancard_takes_deposits_in_guaranies_alone(bank, now):
    banks.connect(now)
    service = create(now, deposit_percent=30)

    with pytest.raises(DepositNotPayable, match="USD"):
        create(now, deposit_percent=30, currency="USD")
    with pytest.raises(DepositNotPayable, match="USD"):
        change(now, service, currency="USD")


def test_transfer_details_take_deposits_in_any_currency(salon, now):
    set_details(now, TRANSFER)

    assert create(now, deposit_percent=30, currency="USD").deposit_percent == 30


@pytest.mark.parametrize("more", [{"is_active": False}, {"price": "0"}], ids=["inactive", "free"])
def test_what_nobody_is_asked_for_may_be_saved_until_somebody_would_be(salon, now, more):
    service = create(now, deposit_percent=30, **more)

    with pytest.raises(DepositNotPayable):
        change(now, service, is_active=True, price="400000")
    assert change(now, service, name="Otro").name == "Otro"


def test_bancard_is_not_disconnected_while_deposits_need_it(bank, now):
    banks.connect(now)
    service = create(now, deposit_percent=30)
    create(now, name="Corte")

    with pytest.raises(DepositsDependOnIt, match="Peinado") as refused:
        disconnect(now)

    assert (refused.value.facts["count"], refused.value.facts["services"]) == (1, "Peinado")
    assert integrations.find("salon", IntegrationType.BANCARD) is not None
    change(now, service, deposit_percent=None)
    disconnect(now)


def test_with_transfer_details_bancard_can_be_disconnected_and_then_these_must_stay(bank, now):
    banks.connect(now)
    service = create(now, deposit_percent=30)
    set_details(now, TRANSFER)

    disconnect(now)

    with pytest.raises(DepositsDependOnIt, match="Peinado"):
        set_details(now, None)
    services.delete("salon", service.id, seen=None, now=now)
    assert set_details(now, None).transfer_details is None


def test_details_that_are_not_needed_can_be_removed(bank, now):
    banks.connect(now)
    set_details(now, TRANSFER)
    create(now, deposit_percent=30)

    assert set_details(now, None).transfer_details is None


def test_another_currency_of_the_business_leaves_the_services_theirs(bank, now):
    banks.connect(now)
    service = create(now, deposit_percent=30)

    tenants.change("salon", TenantChanges(currency="USD"), seen=None, now=now)

    assert services.get("salon", service.id, now=now).currency == "PYG"
    with pytest.raises(DepositNotPayable, match="USD"):
        create(now, deposit_percent=30)


def test_the_refusals_name_field_and_services(bank, now):
    refused = admin.call("POST", "/tenant/salon/api/services", FORM | {"deposit_percent": 30})
    banks.connect(now)
    create(now, deposit_percent=30)
    kept = admin.call("DELETE", "/tenant/salon/api/integrations/BANCARD")

    assert (refused.status, refused.json["code"]) == (409, "deposit_not_payable")
    assert refused.json["errors"][0]["field"] == "body.deposit_percent"
    assert (kept.status, kept.json["code"], "Peinado" in kept.json["detail"]) == (409, "deposits_depend_on_it", True)


@pytest.fixture(params=[True, False], ids=["guarded", "red control"])
def is_guarded(request, monkeypatch):
    """Without the conditions both writes succeed: the deposit that nobody can pay is there."""
    if not request.param:
        monkeypatch.setattr(Transaction, "condition_check", lambda *_, **__: None)
    return request.param


def once(monkeypatch, name, between):
    """Run ``between`` once, after the function of ``deposits`` has read and before anything is written."""
    real, waiting = getattr(deposits, name), [between]

    def read(*arguments):
        found = real(*arguments)
        if waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(deposits, name, read)


def is_stranded():
    asking = [one for one in reads.everything(*keys.service("salon", "")) if deposits.is_asked(one)]
    return bool(asking) and integrations.find("salon", IntegrationType.BANCARD) is None


def test_a_service_that_is_saved_while_bancard_is_disconnected(bank, now, monkeypatch, is_guarded):
    banks.connect(now)
    once(monkeypatch, "_services", lambda: create(now, deposit_percent=30))

    with suppress(DepositsDependOnIt):
        disconnect(now)

    assert is_stranded() is not is_guarded


def test_bancard_that_is_disconnected_while_a_service_is_saved(bank, now, monkeypatch, is_guarded):
    banks.connect(now)
    service = create(now)
    once(monkeypatch, "_ways", lambda: disconnect(now))

    with suppress(DepositNotPayable):
        change(now, service, deposit_percent=30)

    assert is_stranded() is not is_guarded


def test_both_ways_that_are_removed_at_once(bank, now, monkeypatch, is_guarded):
    banks.connect(now)
    set_details(now, TRANSFER)
    create(now, deposit_percent=30)
    once(monkeypatch, "_services", lambda: set_details(now, None))

    with suppress(DepositsDependOnIt):
        disconnect(now)

    assert is_stranded() is not is_guarded
