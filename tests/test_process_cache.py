"""The one cache of a process: bounded, aged by the caller's clock, shared by threads, emptied as a whole."""

import ast
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mostrador import process_cache
from mostrador.process_cache import ProcessCache

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
PACKAGE = Path(process_cache.__file__).parent


def test_the_least_recently_used_goes_first():
    cache = ProcessCache[str, int](size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")

    cache.put("c", 3)

    assert [cache.get(name) for name in "abc"] == [1, None, 3]


def test_an_entry_is_there_until_it_is_older_than_asked_for():
    cache = ProcessCache[str, int](size=2)
    cache.put("a", 1, now=NOW)
    minute = timedelta(minutes=1)

    assert cache.get("a", now=NOW + minute, max_age=minute) == 1
    assert cache.get("a", now=NOW + minute + timedelta(microseconds=1), max_age=minute) is None
    assert cache.get("a") == 1


def test_what_is_there_is_not_made_again():
    cache, made = ProcessCache[str, int](size=2), []

    for number in (1, 2):
        cache.get_or_make("a", lambda number=number: made.append(number) or number)

    assert made == [1]
    assert cache.get("a") == 1


def test_one_entry_or_all_of_every_cache_can_be_dropped():
    first, second = ProcessCache[str, int](size=2), ProcessCache[str, int](size=2)
    for cache in (first, second):
        cache.put("a", 1)
        cache.put("b", 2)

    first.drop("a")
    first.drop("nobody")
    assert [first.get(name) for name in "ab"] == [None, 2]

    process_cache.clear_all()
    assert (len(first), len(second)) == (0, 0)


def test_threads_never_make_it_larger_than_its_size():
    cache = ProcessCache[int, int](size=10)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: cache.put(number % 97, number) and cache.get(number % 89), range(5_000)))

    assert len(cache) == 10


def test_no_module_has_a_cache_of_its_own():
    hand_made = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AnnAssign | ast.Assign) and _is_empty_store(node.value) and not _is_constant(node)
    }

    assert hand_made == set()


def _is_empty_store(value):
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"dict", "OrderedDict", "defaultdict"}


def _is_constant(node):
    """Whether the name says so, or the type has nothing that would fill it."""
    return ast.unparse(node).split(":")[0].isupper() or "Mapping[" in ast.unparse(node)
