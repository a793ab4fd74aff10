"""The free starts of a service of two resources at once, from its appointments alone: slow, and the oracle."""

from datetime import timedelta
from itertools import product


def free(service, standing, candidates, zone):
    """By start: resources of the first group, of the second, and seats; ``standing`` are all live appointments."""
    found = {}
    for start in candidates:
        open_pairs = pairs(service, standing, start)
        left = _left(service, standing, start, zone)
        if open_pairs and left > 0:
            mains = [one for one in service.resource_ids if any(main == one for main, _ in open_pairs)]
            seconds = [one for one in service.second_resource_ids if any(second == one for _, second in open_pairs)]
            found[start] = mains, seconds, min(left, max(open_pairs.values()))
    return found


def pairs(service, standing, start):
    """The pairs that can be booked at ``start``, with their free seats."""
    classes = _classes(service, standing, start)
    found = {}
    for pair in product(service.resource_ids, service.second_resource_ids):
        if len(set(pair)) == 1 or any(_is_busy(service, standing, start, one) for one in pair):
            continue
        touched = [(held, people) for held, people in classes if held & set(pair)]
        if all(held == set(pair) or held == {pair[0]} for held, _ in touched):
            found[pair] = int(service.capacity) - sum(people for _, people in touched)
    return {pair: seats for pair, seats in found.items() if seats > 0}


def _is_same_class(service, one, start):
    return service.capacity > 1 and one.service_id == service.id and one.scheduled_at == start


def _resources(one):
    return {one.resource_id, one.second_resource_id} - {None}


def _is_busy(service, standing, start, resource_id):
    ends = start + timedelta(minutes=int(service.duration_minutes))
    others = [one for one in standing if resource_id in _resources(one) and not _is_same_class(service, one, start)]
    return any(one.scheduled_at < ends and start < one.ends_at for one in others)


def _classes(service, standing, start):
    """The classes that run at ``start``: the resources that each holds, and its people."""
    classes = []
    for one in standing:
        if _is_same_class(service, one, start):
            held, people = _resources(one), 1
            for other in [other for other in classes if other[0] & held]:
                classes.remove(other)
                held, people = held | other[0], people + other[1]
            classes.append((held, people))
    return classes


def _left(service, standing, start, zone):
    if service.max_bookings_per_day is None:
        return 10**6
    own = [one for one in standing if one.service_id == service.id]
    same_day = [one for one in own if one.scheduled_at.astimezone(zone).date() == start.astimezone(zone).date()]
    return int(service.max_bookings_per_day) - len(same_day)
