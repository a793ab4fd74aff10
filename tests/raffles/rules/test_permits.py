import pytest

from mostrador.raffles.rules import permits


def test_paraguay_demands_a_permit():
    with pytest.raises(permits.PermitMissing, match="in PY"):
        permits.check("PY", None)

    permits.check("PY", {"authority": "CONAJZAR"})


def test_of_other_countries_none_is_demanded():
    permits.check("US", None)
