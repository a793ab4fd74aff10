import pytest

from mostrador.values import decimal_comma


@pytest.mark.parametrize("country", "AR BO BR CL CO CR EC ES PY UY VE DE FR IT PT".split())
def test_these_write_a_comma(country):
    assert decimal_comma.is_used_in(country)


@pytest.mark.parametrize("country", "CU DO GT HN MX NI PA PE PR SV US GB CH JP".split())
def test_these_write_a_point(country):
    assert not decimal_comma.is_used_in(country)
