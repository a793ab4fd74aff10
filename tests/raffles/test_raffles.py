from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.raffles import raffles, sold_list, terms
from mostrador.raffles.rules import commitments
from mostrador.raffles.rules.commitments import Prize
from mostrador.raffles.rules.permits import PermitMissing
from mostrador.raffles.rules.randomness import GuessableLottery
from mostrador.raffles.rules.states import OrderStatus, WrongRaffleState, public_code
from mostrador.raffles.views.draws import Opening
from mostrador.table import keys, reads
from tests.support.raffles import BY_DRAND, BY_LOTTERY, SECRETLY, drafted, frozen, opened, sell, sold

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def open_sale(raffle, now, tenant="salon", method=SECRETLY, unsold="sold_only"):
    return raffles.open_sale(tenant, raffle.id, Opening(method=method, unsold=unsold), now=now)


def among_the_open(tenant="salon"):
    found = reads.get_item(keys.open_raffles(tenant))
    return set(found.raffles or ()) if found else set()


def test_opening_publishes_how_the_raffle_will_be_drawn(salon, now):
    raffle = opened(now, unsold="house")

    told = commitments.read_commitment(raffle.commitment)
    assert (raffle.status, raffle.opened_at, raffle.due_at) == ("OPEN", now, keys.at(raffle.sale_closes_at))
    assert raffle.commitment_digest == commitments.digest(raffle.commitment)
    assert (told.raffle_id, told.first_number, told.last_number) == (raffle.id, 1, 100)
    promised = (Prize("Moto"), Prize("Bici", None, "Gs. 2.000.000"))
    assert (told.prizes, told.unsold, told.draw_at) == (promised, commitments.Unsold.HOUSE, raffle.draw_at)
    assert (told.version, told.claim_days, told.terms_url) == (2, raffle.claim_days, raffle.terms_url)


@pytest.mark.parametrize("method", [BY_DRAND, BY_LOTTERY, SECRETLY], ids=lambda method: method["name"])
def test_each_method_can_be_committed_to(salon, now, method):
    told = opened(now, method=method).commitment["method"]

    assert told.items() >= method.items()
    more = {"drand": {"chain_hash", "public_key", "round"}, "lottery": {"held_at"}, "commit_reveal": set()}
    assert set(told) - set(method) == more[method["name"]]


def test_a_lottery_that_can_be_guessed_is_not_committed_to(salon, now):
    with pytest.raises(GuessableLottery):
        opened(now, method=BY_LOTTERY | {"digits": 2})


def test_opening_again_changes_nothing_and_never_the_commitment(salon, now):
    raffle = opened(now)

    again = open_sale(raffle, now + DAY / 2)

    assert (again.version, again.opened_at) == (raffle.version, now)
    for other in ({"method": BY_LOTTERY}, {"unsold": "house"}, {"method": SECRETLY | {"secret_sha256": "ab" * 32}}):
        with pytest.raises(terms.OpenedOtherwise) as refused:
            open_sale(raffle, now, **other)
        assert refused.value.facts["field"] == f"body.{next(iter(other))}"
    assert raffles.get("salon", raffle.id, now=now).commitment == raffle.commitment


@pytest.mark.parametrize("lacking", [{"prizes": []}, {"terms_url": None}])
def test_a_raffle_opens_only_with_prizes_and_terms(salon, now, lacking):
    (name,) = lacking

    with pytest.raises(terms.NotReady, match=name):
        opened(now, **lacking)


def test_a_sale_that_has_ended_does_not_open(salon, now):
    raffle = drafted(now)

    with pytest.raises(terms.NotReady, match="sale_closes_at"):
        open_sale(raffle, raffle.sale_closes_at)


def test_paraguay_demands_a_permit_other_countries_do_not(salon, clinic, now):
    with pytest.raises(PermitMissing):
        opened(now, permit=None)

    assert opened(now, "clinic", permit=None).status == "OPEN"


def test_numbers_are_sold_while_it_is_open_and_inside_its_window(salon, now):
    later = opened(now, sale_opens_at=(now + MINUTE).isoformat())
    at_once = opened(now)

    raffles.check_on_sale(at_once, now)
    raffles.check_on_sale(later, now + MINUTE)
    raffles.check_on_sale(later, later.sale_closes_at - SECOND)
    for raffle, at in (
        (drafted(now), now),
        (later, now),
        (later, later.sale_closes_at),
        (raffles.close("salon", at_once.id, now=now), now),
    ):
        with pytest.raises(raffles.NotOnSale) as refused:
            raffles.check_on_sale(raffle, at)
        assert refused.value.facts["current"] == raffle.status


def test_the_sale_cutoff_is_known_before_the_close_and_an_early_close_brings_it_forward(salon, now):
    raffle = opened(now)
    assert raffles.sale_cutoff(raffle) == raffle.sale_closes_at + 12 * MINUTE

    early = raffles.close("salon", raffle.id, now=now + MINUTE)

    assert (early.closed_at, raffles.sale_cutoff(early)) == (now + MINUTE, now + 13 * MINUTE)
    assert early.due_at == keys.at(raffles.freezes_at(early)) == keys.at(now + 14 * MINUTE)


def test_a_close_that_comes_late_is_of_when_the_sale_ended(salon, now):
    raffle = opened(now)

    closed = raffles.close("salon", raffle.id, now=raffle.sale_closes_at + 3 * DAY)

    assert (closed.closed_at, raffles.sale_cutoff(closed)) == (raffle.sale_closes_at, raffles.sale_cutoff(raffle))
    assert raffles.close("salon", raffle.id, now=now + 9 * DAY).version == closed.version


def test_a_draft_cannot_be_closed_nor_a_closed_raffle_opened(salon, now):
    with pytest.raises(WrongRaffleState, match="DRAFT"):
        raffles.close("salon", drafted(now).id, now=now)

    closed = raffles.close("salon", opened(now).id, now=now)
    with pytest.raises(WrongRaffleState, match="CLOSED"):
        open_sale(closed, now)


def test_a_raffle_is_cancelled_from_any_state_before_its_draw(salon, now):
    by_beacon = opened(now, method=BY_DRAND)
    for raffle in (drafted(now), opened(now), raffles.close("salon", by_beacon.id, now=now), frozen(now)):
        cancelled = raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)
        assert (cancelled.status, cancelled.cancel_reason) == ("CANCELLED", "Sin permiso")
        assert raffles.cancel("salon", raffle.id, reason="Otro", now=now).version == cancelled.version
    assert among_the_open() == set()


@pytest.mark.parametrize(
    ("method", "before_the_draw"),
    [(BY_DRAND, timedelta(0)), (BY_LOTTERY, timedelta(0)), (SECRETLY, timedelta(days=1))],
    ids=lambda one: one["name"] if isinstance(one, dict) else "",
)
def test_from_the_moment_when_somebody_can_know_the_outcome_it_is_not_cancelled(salon, now, method, before_the_draw):
    raffle = frozen(now, method=method)
    known_from = raffle.draw_at - before_the_draw

    with pytest.raises(raffles.OutcomeKnown):
        raffles.cancel("salon", raffle.id, reason="No conviene", now=known_from)

    assert raffles.get("salon", raffle.id, now=now).status == "CLOSED"
    assert raffles.cancel("salon", raffle.id, reason="x", now=known_from - SECOND).status == "CANCELLED"


def test_a_lottery_tells_the_outcome_when_it_draws_and_not_when_the_raffle_does(salon, now):
    raffle = opened(now, method=BY_LOTTERY | {"held_at": (now + DAY + 20 * MINUTE).isoformat()})

    with pytest.raises(raffles.OutcomeKnown):
        raffles.cancel("salon", raffle.id, reason="No conviene", now=now + DAY + 20 * MINUTE)


def test_the_author_of_a_secret_who_closes_early_cannot_cancel_then(salon, now):
    raffle = raffles.close("salon", opened(now).id, now=now + MINUTE)

    with pytest.raises(raffles.OutcomeKnown):
        raffles.cancel("salon", raffle.id, reason="No conviene", now=now + MINUTE)


def test_a_cancelled_raffle_is_due_at_once_for_its_orders_unless_it_never_had_any(salon, now):
    draft, raffle = drafted(now), opened(now)

    assert raffles.cancel("salon", raffle.id, reason="x", now=now).due_at == keys.at(now)
    assert raffles.cancel("salon", draft.id, reason="x", now=now).due_at is None


def test_the_list_is_frozen_a_minute_after_the_sale_cutoff_and_not_sooner(salon, now):
    raffle = sold(now)
    with pytest.raises(raffles.NotFrozen, match="OPEN"):
        raffles.freeze("salon", raffle.id, now=raffle.draw_at)
    closed = raffles.close("salon", raffle.id, now=now)

    with pytest.raises(raffles.NotFrozen, match="CLOSED"):
        raffles.freeze("salon", raffle.id, now=raffles.freezes_at(closed) - SECOND)

    assert raffles.freeze("salon", raffle.id, now=raffles.freezes_at(closed)).frozen_at == raffles.freezes_at(closed)


def test_what_is_frozen_are_the_numbers_sold_and_it_is_frozen_once(salon, now):
    raffle = opened(now)
    late, early = sell(raffle, 100, 7, now=now), sell(raffle, 1, now=now)
    sell(raffle, 50, now=now, status=OrderStatus.RESERVED)
    closed = raffles.close("salon", raffle.id, now=now)

    held = raffles.freeze("salon", raffle.id, now=raffles.freezes_at(closed))
    sell(raffle, 99, now=now)
    again = raffles.freeze("salon", raffle.id, now=raffle.draw_at)

    kept = [(ticket.number, ticket.order) for ticket in sold_list.read("salon", again)]
    assert kept == [(1, public_code(early.id)), (7, public_code(late.id)), (100, public_code(late.id))]
    assert (held.sold_count, held.root) == (3, again.root)
    assert again.version == held.version


def test_a_raffle_of_which_nothing_was_sold_is_frozen_too(salon, now):
    closed = raffles.close("salon", opened(now).id, now=now)

    held = raffles.freeze("salon", closed.id, now=raffles.freezes_at(closed))

    assert (held.sold_count, sold_list.read("salon", held)) == (0, ())


def test_another_tenants_raffle_is_neither_opened_nor_closed_nor_cancelled_nor_frozen(salon, clinic, now):
    raffle = drafted(now)

    for call in (
        lambda: open_sale(raffle, now, tenant="clinic"),
        lambda: raffles.close("clinic", raffle.id, now=now),
        lambda: raffles.cancel("clinic", raffle.id, reason="x", now=now),
        lambda: raffles.freeze("clinic", raffle.id, now=now),
    ):
        with pytest.raises(NotHere):
            call()


def test_every_move_is_in_the_audit_log(salon, now):
    raffle = raffles.cancel("salon", opened(now).id, reason="Sin permiso", now=now)

    entries = reads.span(keys.audit_partition("salon"), "0", "~")
    told = [action for entry in entries for entity, of, action, _ in entry.changes if of == raffle.id]
    assert sorted(told) == ["raffle.cancelled", "raffle.created", "raffle.open"]
