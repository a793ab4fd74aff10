"""A superuser is one with a second factor; a stack for trying may ask for none."""

import pytest

from mostrador.clients import cognito
from mostrador.people import superusers
from tests.support import faults, people

pytestmark = pytest.mark.usefixtures("table")
ROOT = "root@example.com"


@pytest.fixture(autouse=True)
def as_by_default(monkeypatch):
    monkeypatch.delenv("SUPERUSER_MFA")


def test_a_superuser_lacks_a_second_factor_until_they_set_one_up():
    people.signed_in(ROOT)
    assert superusers.lacks_second_factor(ROOT)

    people.enrol(ROOT)

    assert not superusers.lacks_second_factor(ROOT)


@pytest.mark.parametrize("value", ["on", "", "OFF", "no"])
def test_nothing_but_the_word_off_switches_it_off(monkeypatch, value):
    monkeypatch.setenv("SUPERUSER_MFA", value)

    assert superusers.lacks_second_factor(ROOT)


def test_where_it_is_off_the_pool_is_not_asked(monkeypatch):
    monkeypatch.setenv("SUPERUSER_MFA", "off")

    with faults.answering("AdminGetUser", client=cognito._client()) as asked:
        assert not superusers.lacks_second_factor(ROOT)

    assert asked == []
