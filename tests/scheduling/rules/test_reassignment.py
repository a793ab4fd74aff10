"""The plan of new places against every possible plan, on small days."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from mostrador.scheduling.rules import agenda, reassignment
from mostrador.scheduling.rules.agenda import Demand
from mostrador.scheduling.rules.reassignment import Place, Plan, Wish

STARTS = (0, 30, 60, 90)
ROOMS = ("a", "b")
SERVICES = {"cut": 1, "yoga": 2}
"""Service -> seats."""


def demand(service, minutes=30, after=0):
    return Demand(service, minutes, after=after, capacity=SERVICES[service])


def place(cost, start, *resources, quotas=()):
    return Place(cost, start, resources, tuple(quotas))


def wish(name, *places, of=None):
    return Wish(name, of or demand("cut"), sorted(places))


def planned(*wishes, **quotas):
    made = reassignment.plan(wishes, quotas)
    return {name: (one.start, *one.resource_ids) for name, one in made.chosen.items()}


def test_two_who_want_the_same_place_get_two():
    same = [place(1, 0, "a"), place(5, 30, "a")]

    assert sorted(planned(wish("ana", *same), wish("bea", *same)).values()) == [(0, "a"), (30, "a")]


def test_a_cheap_place_is_left_to_one_who_has_no_other():
    assert planned(wish("ana", place(0, 0, "a"), place(9, 30, "a")), wish("bea", place(7, 0, "a"))) == {
        "ana": (30, "a"),
        "bea": (0, "a"),
    }


def test_red_control_without_the_boards_rule_two_get_the_same_place(monkeypatch):
    monkeypatch.setattr(reassignment, "_excludes", lambda *_: False)

    assert planned(wish("ana", place(0, 0, "a")), wish("bea", place(0, 0, "a"))) == {"ana": (0, "a"), "bea": (0, "a")}


def test_a_buffer_keeps_two_apart():
    own = demand("cut", after=10)

    made = planned(wish("ana", place(0, 0, "a"), of=own), wish("bea", place(0, 30, "a"), of=own))

    assert len(made) == 1


def test_two_share_a_class_with_the_same_two_resources_alone():
    yoga, quotas = demand("yoga"), {"seats": 2}
    together = [wish(name, place(0, 0, "a", "b", quotas=["seats"]), of=yoga) for name in ("ana", "bea")]
    apart = [*together[:1], wish("bea", place(0, 0, "a", "c", quotas=["seats"]), of=yoga)]

    assert len(reassignment.plan(together, quotas).chosen) == 2
    assert len(reassignment.plan(apart, quotas).chosen) == 1


def test_a_quota_is_used_up():
    wishes = [wish(name, place(0, start, "a", quotas=["day"])) for name, start in (("ana", 0), ("bea", 30))]

    assert len(reassignment.plan(wishes, {"day": 1}).chosen) == 1


def test_fifty_who_want_the_same_sixty_places_all_get_one():
    places = [place(start, start * 30, "a") for start in range(60)]

    made = reassignment.plan([wish(f"{number:02d}", *places) for number in range(50)], {})

    assert len(made.chosen) == 50


def test_one_who_is_left_out_goes_first_in_the_next_order():
    """So many that the exact search ends before it is done."""
    many = [wish(f"{n:02d}", *[place(slot, slot * 30, "a") for slot in range(60)]) for n in range(40)]
    long = wish("long", place(0, 0, "a"), place(1, 30, "a"), place(2, 60, "a"), of=demand("cut", 60))

    made = reassignment.plan([*many, long], {})

    assert len(made.chosen) == 41
    assert not made.is_best


def places_of(service):
    seat = st.builds(lambda start, room: (start, (room,)), st.sampled_from(STARTS), st.sampled_from(ROOMS))
    pair = st.builds(lambda start: (start, ROOMS), st.sampled_from(STARTS))
    found = st.dictionaries(st.one_of(seat, pair), st.integers(0, 20), max_size=4)
    return found.map(lambda priced: [_quoted(service, cost, *where) for where, cost in priced.items()])


def _quoted(service, cost, start, rooms):
    day = [f"{service} day {start // 60}"]
    return place(cost, start, *rooms, quotas=[*day, *([f"{start} {rooms}"] if SERVICES[service] > 1 else [])])


@st.composite
def days(draw):
    wishes = []
    for number in range(draw(st.integers(1, 4))):
        service = draw(st.sampled_from(list(SERVICES)))
        own = demand(service, draw(st.sampled_from([30, 60])), draw(st.sampled_from([0, 10])))
        wishes.append(wish(str(number), *draw(places_of(service)), of=own))
    limits = {f"{service} day {half}": draw(st.integers(0, 3)) for service in SERVICES for half in (0, 1)}
    return wishes, limits


def is_possible(wishes, chosen, limits):
    """By the agenda's own rule, one booking after the other; the limits are counted."""
    booked = {room: [] for room in ROOMS}
    used = [name for one in chosen for name in (one.quotas[:1] if one else ())]
    if any(used.count(name) > limits[name] for name in used):
        return False
    for one, where in zip(wishes, chosen, strict=True):
        if where and any(_is_barred(one, where, booked, room) for room in where.resource_ids):
            return False
        for room in where.resource_ids if where else ():
            line = one.demand.booking(one.appointment_id, where.start)
            booked[room].append((line, where.resource_ids))
    return True


def _is_barred(one, where, booked, room):
    lines = [line for line, _ in booked[room]]
    same = [rooms for line, rooms in booked[room] if agenda.shares_a_start(one.demand, where.start, line)]
    return agenda.in_the_way(one.demand, where.start, lines) or any(rooms != where.resource_ids for rooms in same)


def every_score(wishes, limits):
    for chosen in product(*([None, *one.places] for one in wishes)):
        if is_possible(wishes, chosen, limits):
            yield sum(one is None for one in chosen), sum(one.cost for one in chosen if one)


@given(days())
def test_no_possible_plan_is_better_and_this_one_is_possible(day):
    wishes, limits = day
    seats = {name: SERVICES["yoga"] for one in wishes for where in one.places for name in where.quotas[1:]}

    made: Plan = reassignment.plan(wishes, limits | seats)

    chosen = [made.chosen.get(one.appointment_id) for one in wishes]
    assert made.is_best
    assert is_possible(wishes, chosen, limits)
    assert made.score(wishes) == min(every_score(wishes, limits))
    assert reassignment.plan(wishes, limits | seats) == made
