"""Bancard's signatures, results and what may be kept of them; the vectors are those of the protocol's notes."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mostrador.errors import Invalid
from mostrador.payments.rules import bancard
from mostrador.payments.rules.bancard import BadGatewayAmount, BadResult, Message, Result
from tests.support.notices import ALIAS, AMOUNT, CHARGE, CONFIRM, ID, KEY, NOTICE, ROLLBACK_NOTICE, anything, notices

OTHER_KEY = "MOCKprivKEY0000000000000000000000000002x"


def result(**changed):
    return bancard.result_of(NOTICE | changed)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (bancard.single_buy_token(KEY, ID, AMOUNT, "PYG"), "b03449a181057dd73ef6e0c73c408c7a"),
        (bancard.confirm_token(KEY, ID, AMOUNT, "PYG"), CONFIRM),
        (bancard.confirm_token(KEY, ID, "0.00", "PYG"), ROLLBACK_NOTICE),
        (bancard.confirmation_query_token(KEY, ID), "e37e7a01eb7c119aad62138ba4e8134b"),
        (bancard.rollback_token(KEY, ID), "a4720c8b96403435da33377915027c8a"),
        (bancard.new_card_token(KEY, 1, 966389), "633f7a99564a489e9dd3bec0e41cc99c"),
        (bancard.cards_token(KEY, 966389), "0af807a23727e0569fdab6b8abb72061"),
        (bancard.delete_card_token(KEY, 966389, ALIAS), "7ed11fb96c587bd3e6ec07f9c494743c"),
        (bancard.charge_token(KEY, ID, AMOUNT, "PYG", ALIAS), CHARGE),
    ],
    ids=["single_buy", "confirm", "rollback notice", "query", "rollback", "new card", "cards", "delete", "charge"],
)
def test_a_signature_is_the_published_one(token, expected):
    assert token == expected


@pytest.mark.parametrize(
    ("amount", "text"),
    [("10330", "10330.00"), ("1", "1.00"), ("1E+4", "10000.00"), ("5.00", "5.00"), ("9" * 13, "9" * 13 + ".00")],
)
def test_an_amount_is_written_with_two_decimals(amount, text):
    assert bancard.amount_text(Decimal(amount)) == text


@pytest.mark.parametrize("amount", ["0", "-1", "-0", "1.5", "0.01", "NaN", "sNaN", "Infinity", "1E+13"])
def test_what_is_not_whole_and_positive_cannot_be_paid(amount):
    with pytest.raises(BadGatewayAmount, match="whole, positive number") as refused:
        bancard.amount_text(Decimal(amount))

    assert isinstance(refused.value, Invalid)
    assert amount in refused.value.says("es")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Turno 15:30", "Turno 15:30"),
        ("  Rifa \n del\tcurso\x00 ", "Rifa del curso"),
        ("Corte de pelo y barba", "Corte de pelo y"),
        ("Corte de pelo, barbas", "Corte de pelo"),
        ("Rifa otorrinolaringológica", "Rifa otorrinolaringo"),
        ("Nandutíes de Itauguá", "Nandutíes de Itauguá"),
        ("a\u202eb", "a b"),
        ("", ""),
    ],
)
def test_a_description_is_cut_between_words(text, shown):
    assert bancard.description_of(text) == shown


@given(st.text())
def test_a_description_is_never_too_long_and_has_no_controls(text):
    shown = bancard.description_of(text)

    assert len(shown) <= bancard.DESCRIPTION
    assert shown.isprintable()


@given(st.integers(min_value=0))
@example(0)
@example(9 * 10**14 - 1)
@example(9 * 10**14)
def test_the_id_of_a_purchase_has_15_digits_and_no_leading_zero(entropy):
    assert 10**14 <= bancard.process_id_of(entropy) < 10**15


def test_ids_of_purchases_differ_wherever_they_can():
    assert len({bancard.process_id_of(entropy) for entropy in (0, 1, 10**14, 9 * 10**14 - 1)}) == 4


def test_a_result_is_read():
    assert result() == Result(ID, AMOUNT, "PYG", CONFIRM, "S", "00", "Transaccion aprobada", "654321", "2118000001")


def test_a_result_never_shows_its_token():
    assert CONFIRM not in repr(result())


def test_the_id_may_be_a_text_and_the_ticket_a_number():
    found = result(shop_process_id=str(ID), ticket_number=2118000001)

    assert (found.process_id, found.ticket_number) == (ID, "2118000001")


@pytest.mark.parametrize("amount", ["1500.00", "1500", "1500.0", 1500, 1500.0, Decimal("1500.00")])
def test_an_amount_is_the_same_however_it_is_written(amount):
    found = result(amount=amount)

    assert found.exact_amount == 1500
    assert found.amount == str(amount)


def test_a_declined_payment_may_have_nulls():
    declined = result(response_code="05", response="N", authorization_number=None, response_description=None)

    assert (declined.authorization_number, declined.response_description) == (None, "")
    assert not declined.is_approved


@pytest.mark.parametrize(
    ("response", "code", "is_approved"), [("S", "00", True), ("S", "57", False), ("N", "00", False)]
)
def test_only_s_with_00_is_approved(response, code, is_approved):
    assert result(response=response, response_code=code).is_approved is is_approved


def test_a_result_without_its_essentials_is_refused_by_name(subtests):
    for name, value in [
        *((name, None) for name in ("shop_process_id", "amount", "currency", "response", "response_code")),
        *((name, {"a": 1}) for name in NOTICE if name in Result.__annotations__ or name == "shop_process_id"),
        *(("shop_process_id", value) for value in (0, -1, True, 1.5, "012", "1 ", "٣", "9" * 20, 10**5000, [ID])),
        *(("amount", value) for value in ("", "1.500,00", "1e3", "-1", "1.005", "9" * 14, "1_0", " 1", True, 1e22)),
        *(("amount", value) for value in (float("nan"), float("inf"), -0.0, Decimal("NaN"), Decimal("1E+5"), 10**5000)),
        *(("currency", value) for value in ("pyg", "PYGG", "", 600)),
        *(("response", value) for value in ("s", "SN", "", True)),
        *(("response_code", value) for value in ("", "00000", "0 ", 0, False)),
        ("ticket_number", float("nan")),
        ("response_description", 1),
    ]:
        with subtests.test(name=name, value=value):
            with pytest.raises(BadResult, match=f"^{name} of the gateway's message") as refused:
                result(**{name: value})

            assert len(str(refused.value)) < 120


@pytest.mark.parametrize("token", ["to-ken" * 20, ["to-ken"], {"to-ken": 1}])
def test_a_bad_token_is_refused_without_showing_it(token):
    with pytest.raises(BadResult, match="token") as refused:
        result(token=token)

    assert "to-ken" not in str(refused.value.facts)


@pytest.mark.parametrize("raw", [None, [], "S", 1, {}, [NOTICE]])
def test_what_is_no_result_at_all_is_refused(raw):
    with pytest.raises(BadResult):
        bancard.result_of(raw)


def test_a_long_description_is_cut_rather_than_refused():
    assert result(response_description="no " * 100).response_description == ("no " * 100)[:100]


@given(anything | notices | notices.map(lambda changed: NOTICE | changed))
def test_whatever_comes_is_a_result_or_refused(raw):
    with suppress(BadResult):
        found = bancard.result_of(raw)

        assert found.exact_amount >= 0
        assert not bancard.is_genuine(found, ["a key that signed nothing"], alias_token="x")


def test_a_result_is_genuine_under_the_key_that_signed_it():
    assert bancard.is_genuine(result(), [KEY])
    assert bancard.is_genuine(result(shop_process_id=str(ID)), [OTHER_KEY, KEY])


@pytest.mark.parametrize(
    "forged",
    [
        {"token": CONFIRM.upper()},
        {"token": CONFIRM[:-1]},
        {"token": ""},
        {"token": None},
        {"token": "ñ" * 32},
        {"token": "\ud800"},
        {"token": "b03449a181057dd73ef6e0c73c408c7a"},
        {"amount": "10331.00"},
        {"amount": "10330"},
        {"currency": "USD"},
        {"shop_process_id": ID + 1},
    ],
    ids=str,
)
def test_a_result_with_one_thing_changed_is_not_genuine(forged):
    assert bancard.is_genuine(result(), [KEY])

    assert not bancard.is_genuine(result(**forged), [KEY])


@pytest.mark.parametrize("keys", [[], [OTHER_KEY], [""]])
def test_a_result_is_not_genuine_under_other_keys(keys):
    assert not bancard.is_genuine(result(), keys)


def test_an_amount_spelt_otherwise_is_genuine_over_the_stored_spelling():
    spelt_otherwise = result(amount=10330)

    assert bancard.is_genuine(spelt_otherwise, [KEY], stored_amount=AMOUNT)
    assert not bancard.is_genuine(spelt_otherwise, [KEY])


def test_the_stored_amount_does_not_vouch_for_another_amount():
    assert not bancard.is_genuine(result(amount="1.00"), [KEY], stored_amount=AMOUNT)


@pytest.mark.parametrize("amount", ["0.00", "0", 0, 0.0])
def test_the_notice_of_a_rollback_is_signed_over_nought(amount):
    notice = result(amount=amount, token=ROLLBACK_NOTICE)

    assert bancard.is_rollback_notice(notice)
    assert bancard.is_genuine(notice, [KEY], stored_amount=AMOUNT)


def test_a_payment_is_not_genuine_with_the_token_of_a_rollback():
    assert not bancard.is_rollback_notice(result())
    assert not bancard.is_genuine(result(token=ROLLBACK_NOTICE), [KEY], stored_amount=AMOUNT)


def test_a_charge_may_be_signed_with_its_alias():
    charged = result(token=CHARGE)

    assert bancard.is_genuine(charged, [KEY], alias_token=ALIAS)
    assert bancard.is_genuine(result(), [KEY], alias_token=ALIAS)
    assert not bancard.is_genuine(charged, [KEY], alias_token="another")
    assert not bancard.is_genuine(charged, [KEY])


def test_every_key_is_tried_though_the_first_fits():
    asked = iter([KEY, OTHER_KEY])

    assert bancard.is_genuine(result(), asked)
    assert next(asked, None) is None


def test_all_remarks_are_read_those_that_count_first():
    told = [{"key": "Odd", "dsc": 5}, "no", {"dsc": "x"}, {"key": "BuyNotFoundError", "dsc": f"Buy\n{CONFIRM}"}]

    assert bancard.messages_of({"messages": told}) == (Message("BuyNotFoundError", "Buy ***"), Message("Odd", ""))


@given(anything | st.fixed_dictionaries({"messages": anything}))
def test_remarks_are_read_of_anything(raw):
    assert all(len(one.key) <= 100 and one.description.isprintable() for one in bancard.messages_of(raw))
