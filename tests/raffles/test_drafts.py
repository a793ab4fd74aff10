from datetime import timedelta
from decimal import Decimal

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.raffles import drafts, raffles
from mostrador.raffles.rules.sale_window import BadPackage, BadRange, BadTimes, TooManyPrizes
from mostrador.raffles.views.raffles import NewRaffle, RaffleChanges, RaffleListing
from mostrador.table.writes import KeyReused
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from mostrador.values.money import BadAmount
from mostrador.values.tax_ids import BadTaxId
from tests.support.raffles import body, drafted, drawn, opened, sold

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def change(raffle, now, tenant="salon", seen=None, **changes):
    return drafts.change(tenant, raffle.id, RaffleChanges(**changes), seen=seen, now=now)


def test_a_new_raffle_is_a_draft_in_the_tenants_currency_and_zone(salon, now):
    made = drafted(now)

    assert (made.status, made.currency, made.time_zone) == ("DRAFT", "PYG", "America/Asuncion")
    assert (made.price, made.numbers_per_order, made.claim_days) == (Decimal(10_000), 90, 60)
    assert raffles.get("salon", made.id, now=now).prizes == made.prizes


def test_the_same_key_makes_one_raffle(salon, now):
    assert drafted(now, key="k").id == drafted(now, key="k").id
    with pytest.raises(KeyReused):
        drafted(now, key="k", title="Otra")


def test_a_repeat_gives_the_same_raffle_although_the_currency_has_changed(salon, now):
    made = drafted(now, key="k", currency=None, price="10000")
    tenants.change("salon", TenantChanges(currency="KWD"), seen=None, now=now)

    assert drafted(now, key="k", currency=None, price="10000").currency == made.currency == "PYG"


def test_another_tenants_raffle_is_not_found(salon, clinic, now):
    made = drafted(now)

    for call in (
        lambda: raffles.get("clinic", made.id, now=now),
        lambda: change(made, now, tenant="clinic", title="Mía"),
        lambda: drafts.delete("clinic", made.id, seen=None, now=now),
    ):
        with pytest.raises(NotHere):
            call()
    assert raffles.listing("clinic", RaffleListing(), now=now).items == []


def test_raffles_are_listed_the_newest_first_and_by_status(salon, now):
    first, second = drafted(now), opened(now + timedelta(hours=1))

    def listed(status):
        return [one.id for one in raffles.listing("salon", RaffleListing(status=status), now=now).items]

    assert listed(None) == [second.id, first.id]
    assert (listed("DRAFT"), listed("OPEN"), listed("DRAWN")) == ([first.id], [second.id], [])


def test_what_is_public_was_opened_once(salon, now):
    draft, shown = drafted(now), opened(now)

    page = raffles.public_listing("salon", now=now, size=10, cursor=None)

    assert [one.id for one in page.items] == [shown.id]
    with pytest.raises(NotHere):
        raffles.get_published("salon", draft.id, now=now)


def test_packages_are_priced_in_the_raffles_currency_and_used(salon, now):
    made = drafted(now, packages=[{"numbers": 5, "price": "40000"}])

    assert [raffles.price_of(made, count) for count in (1, 4, 5, 6)] == [10_000, 40_000, 40_000, 50_000]
    with pytest.raises(BadAmount, match=r"40000\.5"):
        change(made, now, packages=[{"numbers": 5, "price": "40000.5"}])


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"last_number": 9}, BadRange),
        ({"last_number": 100_001}, BadRange),
        ({"first_number": 50, "last_number": 40}, BadRange),
        ({"last_number": 10, "prizes": [{"name": "Termo"}] * 11}, TooManyPrizes),
        ({"packages": [{"numbers": 5, "price": "50000"}]}, BadPackage),
        ({"packages": [{"numbers": 5, "price": "40000"}, {"numbers": 10, "price": "80000"}]}, BadPackage),
        ({"packages": [{"numbers": 5, "price": "40000"}, {"numbers": 5, "price": "30000"}]}, BadPackage),
        ({"packages": [{"numbers": 5, "price": "40000"}], "numbers_per_order": 4}, BadPackage),
        ({"price": "10000.5"}, BadAmount),
        ({"organiser_tax_id": "80028061-1"}, BadTaxId),
    ],
)
def test_what_does_not_fit_together_is_refused_when_it_is_made_and_when_it_is_changed(salon, now, more, refusal):
    with pytest.raises(refusal):
        drafted(now, **more)
    made = drafted(now)
    with pytest.raises(refusal):
        change(made, now, **more)
    assert raffles.get("salon", made.id, now=now).version == 1


@pytest.mark.parametrize(
    ("opens", "closes", "draws", "field"),
    [
        (1 * DAY, 1 * DAY, 2 * DAY, "sale_closes_at"),
        (None, 2 * DAY, 1 * DAY, "draw_at"),
        (None, 1 * DAY, 1 * DAY + timedelta(minutes=19), "draw_at"),
    ],
)
def test_sale_and_draw_follow_one_another_with_time_for_the_last_hold_and_the_freeze(
    salon, now, opens, closes, draws, field
):
    times = {"sale_closes_at": now + closes, "draw_at": now + draws, "sale_opens_at": opens and now + opens}

    with pytest.raises(BadTimes) as refused:
        drafted(now, **times)

    assert refused.value.facts["field"] == f"body.{field}"


def test_ten_minutes_after_the_last_hold_are_enough(salon, now):
    closes = now + DAY

    assert drafted(now, sale_closes_at=closes, draw_at=closes + timedelta(minutes=20)).id


@pytest.mark.parametrize(("first", "last"), [(0, 9), (0, 99_999), (1, 100_000), (999_990, 999_999)])
def test_ten_to_a_hundred_thousand_numbers_fit(salon, now, first, last):
    assert drafted(now, first_number=first, last_number=last).last_number == last


def test_a_ruc_is_checked_in_paraguay_alone_and_kept_in_its_form(salon, clinic, now):
    assert drafted(now, organiser_tax_id="80.028.061-0").organiser_tax_id == "80028061-0"
    assert drafted(now, "clinic", organiser_tax_id="12-3456789").organiser_tax_id == "12-3456789"


def test_instants_are_kept_to_the_second_so_that_a_commitment_names_what_is_kept(salon, now):
    made = drafted(now, draw_at=now + 2 * DAY + timedelta(microseconds=5))

    assert made.draw_at == now + 2 * DAY
    assert raffles.get("salon", made.id, now=now).draw_at == made.draw_at


def test_a_draft_is_replaced_changed_and_deleted_by_version(salon, now):
    made = drafted(now, description="Con permiso")

    replaced = drafts.change("salon", made.id, NewRaffle(**body(now, title="B")), seen=1, now=now)
    changed = change(made, now, seen=2, hold_minutes=30)

    assert (replaced.description, replaced.title, changed.title, changed.hold_minutes) == (None, "B", "B", 30)
    with pytest.raises(Stale):
        change(made, now, seen=2, title="C")
    with pytest.raises(Stale):
        drafts.delete("salon", made.id, seen=2, now=now)
    drafts.delete("salon", made.id, seen=3, now=now)
    with pytest.raises(NotHere):
        raffles.get("salon", made.id, now=now)


def test_of_an_open_raffle_only_what_its_buyers_do_not_go_by_may_change(salon, now):
    raffle = opened(now)

    changed = change(raffle, now, description="Ya quedan pocos", draw_place="Plaza", image_url="https://a.test/b.jpg")

    assert (changed.description, changed.draw_place) == ("Ya quedan pocos", "Plaza")
    for name, value in {
        "title": "Otra",
        "prizes": [],
        "price": "1",
        "terms_url": "https://salon.test/otras",
        "sale_closes_at": now + 2 * DAY,
        "permit": None,
        "numbers_per_customer": 1,
    }.items():
        with pytest.raises(drafts.RaffleStands, match=name):
            change(raffle, now, **{name: value})


def test_a_put_of_an_open_raffle_that_leaves_it_as_it_is_but_for_its_text_is_taken(salon, now):
    raffle = opened(now)

    changed = drafts.change(
        "salon", raffle.id, NewRaffle(**body(now, description="Nuevo texto")), seen=raffle.version, now=now
    )

    assert (changed.description, changed.status, changed.commitment) == ("Nuevo texto", "OPEN", raffle.commitment)


def test_only_a_draft_is_deleted(salon, now):
    raffle = opened(now)

    with pytest.raises(drafts.NotADraft, match="OPEN"):
        drafts.delete("salon", raffle.id, seen=None, now=now)


@pytest.mark.parametrize("name", sorted(drafts.CHANGEABLE_ONCE_OPEN))
def test_from_the_cutoff_to_the_draw_nothing_may_change(salon, now, name):
    raffle = sold(now)
    other = {name: "https://salon.test/otra"}
    cutoff = raffles.sale_cutoff(raffle)

    assert getattr(change(raffle, cutoff - SECOND, **other), name) == other[name]
    for at in (cutoff, raffle.draw_at):
        with pytest.raises(drafts.RaffleStands) as refused:
            change(raffle, at, **{name: "https://salon.test/tercera"})
        assert refused.value.facts["field"] == f"body.{name}"
        assert change(raffle, at, **other)  # the same again is no change


def test_after_the_draw_the_texts_may_change_again(salon, now):
    raffle = drawn(now)

    assert change(raffle, raffle.draw_at, description="Gracias").description == "Gracias"
