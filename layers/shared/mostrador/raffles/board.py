"""Boards: the picture of a raffle's numbers as the stream's records bring it up to date, and lists of the numbers.

The picture is a few small items (``BoardChunk``), one for each 10,000 numbers, so that it is shown by one small read.
A record only says which number changed: what is written is the number as it is in the table at that moment. So records
may come twice, late or in any order, alone or together, and the picture comes to the truth all the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import Busy, NotHere
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.raffles import raffles
from mostrador.raffles.rules import board
from mostrador.raffles.rules.board import Board, NumberState
from mostrador.raffles.rules.states import printed_number
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import BoardChunk, Raffle, RaffleNumber
from mostrador.table.keys import Key
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.raffles.views.board import NumberListing

NUMBERS_PER_PASS: Final = 2_500
"""Numbers that ``rebuild`` reads and writes in one go: one page of a Query, so that it seldom has to do them again."""
_published_raffles: Final = ProcessCache[Key, Raffle](size=500)
"""Raffles that were opened once: only for what never changes again, which are their numbers and that they are there."""


@dataclass(frozen=True, slots=True)
class BoardNumber:
    """A number of a raffle as it is at this moment: ``number`` as printed, and whose it is."""

    number: str
    state: NumberState
    order_id: str | None
    hold_expires_at: datetime | None


class _Overtaken(Busy):
    """Somebody else wrote the chunk since it was read."""


def show(tenant: str, raffle_id: str, *, is_public: bool = False, now: datetime) -> Board:
    """The picture of the raffle, eventually consistent; one round trip but for the first time above 10,000 numbers.

    Raises NotHere; to the public (``is_public``) a raffle that was never opened is not there.
    """
    tenants.current(tenant, now=now)
    key, found = keys.raffle(tenant, raffle_id), dict[Key, Any]()
    raffle = _published_raffles.get(key)
    if raffle is None:
        found = dict.fromkeys((key, keys.board_chunk(tenant, raffle_id, 0)))
        found |= reads.batch(found, consistent=False)
        raffle = _remembered(found[key])
    if raffle is None or (is_public and raffle.opened_at is None):
        raise NotHere(entity="raffle", id=raffle_id)
    left = _chunks(tenant, raffle).keys() - found
    return _assembled(tenant, raffle, found | (reads.batch(left, consistent=False) if left else {}))


def read(tenant: str, raffle: Raffle, *, consistent: bool = False) -> Board:
    """The picture of a raffle that is at hand."""
    return _assembled(tenant, raffle, reads.batch(_chunks(tenant, raffle), consistent=consistent))


def project(tenant: str, raffle_id: str, numbers: Iterable[int], *, changed_at: datetime, now: datetime) -> None:
    """Bring the picture up to the truth about these ``numbers``, the first of which changed at ``changed_at``.

    Raises Busy.
    """
    key = keys.raffle(tenant, raffle_id)
    raffle = _published_raffles.get(key) or _remembered(reads.one(key))
    if raffle is None:
        logger.error("board.no_raffle", tenant=tenant, raffle=raffle_id)
        return
    lag = max(0, int((now - changed_at).total_seconds()))
    for chunk, wanted in board.by_chunk(set(numbers), int(raffle.first_number)).items():
        _write_chunk(tenant, raffle, chunk, partial(states, tenant, raffle_id, wanted), now=now, lag=lag)


def rebuild(tenant: str, raffle_id: str, *, now: datetime) -> Board:
    """Make the picture anew from the numbers themselves, while they go on being sold. Raises NotHere, Busy."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    for chunk, numbers in board.chunked(_numbers(raffle)):
        for window in board.windows(numbers, NUMBERS_PER_PASS):
            _write_chunk(tenant, raffle, chunk, partial(_states_in, tenant, raffle_id, window), now=now, lag=0)
    logger.info("board.rebuilt", tenant=tenant, raffle=raffle_id)
    return read(tenant, raffle, consistent=True)


def states(tenant: str, raffle_id: str, numbers: Iterable[int]) -> dict[int, NumberState]:
    """These numbers as they are at this moment; one whose hold lapsed is RESERVED until somebody frees it."""
    wanted = {keys.raffle_number(tenant, raffle_id, number): number for number in numbers}
    found = reads.batch(wanted)
    return {number: _state(found.get(key)) for key, number in wanted.items()}


def listing(tenant: str, raffle_id: str, query: "NumberListing", *, now: datetime) -> reads.Page:
    """Numbers in order, as they are at this moment; one whose hold lapsed is free. Raises NotHere, BadCursor.

    A page of one state may be short, even empty, and have a cursor: it looks at so many numbers and no more.
    """
    raffle = raffles.get(tenant, raffle_id, now=now)
    numbers = _numbers(raffle)
    signer = reads.signer_of(tenant, "numbers", raffle_id, query.from_, query.to, query.state)
    begin = reads.decode_cursor(signer, query.cursor)
    first = max(numbers[0], query.from_ or 0) if begin is None else begin
    last = numbers[-1] if query.to is None else min(numbers[-1], query.to)
    looked, found = first - 1, list[BoardNumber]()
    for place in _examined(tenant, raffle, range(first, last + 1), query, now):
        looked = int(place.number)
        if query.state in (None, place.state):
            found.append(place)
        if len(found) == query.limit:
            break
    return reads.Page(found, signer.dumps(str(looked + 1)) if looked < last else None)


def _examined(
    tenant: str, raffle: Raffle, numbers: range, query: "NumberListing", now: datetime
) -> Iterator[BoardNumber]:
    """Numbers as they are, from the first on, as many as one request may look at; read as they are asked for."""
    step = query.limit if query.state is None else reads.EXAMINED
    for window in islice(board.windows(numbers, step), reads.MOST_ROUNDS):
        held = _held(tenant, raffle.id, window)
        yield from (_place(raffle, number, held.get(number), now) for number in window)


def _place(raffle: Raffle, number: int, held: RaffleNumber | None, now: datetime) -> BoardNumber:
    printed = printed_number(number, int(raffle.last_number))
    expires = held.hold_expires_at if held else None
    expires_at = None if expires is None else datetime.fromtimestamp(int(expires), UTC)
    if held is None or has_lapsed(expires_at, now):
        return BoardNumber(printed, NumberState.FREE, None, None)
    return BoardNumber(printed, _state(held), held.order_id, expires_at)


def _write_chunk(
    tenant: str, raffle: Raffle, number: int, truth: Callable[[], Mapping[int, NumberState]], *, now: datetime, lag: int
) -> None:
    """Put into a chunk what ``truth`` tells of some of its numbers. Raises Busy.

    The chunk is read first, the truth after it, and it is written only if nobody wrote it meanwhile. So whoever writes
    later has also looked later, and nothing older ever covers what is newer. For that it is written even if it says so
    already: somebody may be about to write what was true before.
    """
    key, numbers = keys.board_chunk(tenant, raffle.id, number), dict(board.chunked(_numbers(raffle)))[number]
    for _ in writes.attempts():
        chunk = reads.one(key) or BoardChunk(*key, bits=board.blank(len(numbers)))
        chunk.bits = board.marked(chunk.bits, {of - numbers.start: state for of, state in truth().items()})
        chunk.as_of, chunk.lag_seconds = now, lag
        try:
            with writes.refusing(_Overtaken()):
                chunk.save()  # a PutItem on the version that was read; nothing here is for the audit log
        except _Overtaken:
            continue
        return
    raise Busy


def _states_in(tenant: str, raffle_id: str, numbers: range) -> dict[int, NumberState]:
    held = _held(tenant, raffle_id, numbers)
    return {number: _state(held.get(number)) for number in numbers}


def _held(tenant: str, raffle_id: str, numbers: range) -> dict[int, RaffleNumber]:
    """Those of a range of numbers that somebody holds or owns."""
    (partition, first), (_, last) = (keys.raffle_number(tenant, raffle_id, of) for of in (numbers[0], numbers[-1]))
    found = reads.span(partition, first, last, consistent=True)
    return {keys.numbered((one.pk, one.sk))[1]: one for one in found}


def _state(held: RaffleNumber | None) -> NumberState:
    if held is None:
        return NumberState.FREE
    return NumberState.SOLD if held.is_sold else NumberState.RESERVED


def _remembered(stored: Any) -> Raffle | None:
    """The raffle if it is one; kept for the next time if it was opened."""
    if not isinstance(stored, Raffle):
        return None
    if stored.opened_at is not None:
        _published_raffles.put((stored.pk, stored.sk), stored)
    return stored


def _chunks(tenant: str, raffle: Raffle) -> dict[Key, int]:
    """The keys of the raffle's picture, in order."""
    return {keys.board_chunk(tenant, raffle.id, chunk): chunk for chunk, _ in board.chunked(_numbers(raffle))}


def _assembled(tenant: str, raffle: Raffle, found: Mapping[Key, Any]) -> Board:
    """The picture out of those chunks of it that are there."""
    numbers, chunks = _numbers(raffle), [one for one in found.values() if isinstance(one, BoardChunk)]
    of = _chunks(tenant, raffle)
    bits = board.joined({of[one.pk, one.sk]: one.bits for one in chunks}, numbers)
    newest = max(chunks, key=lambda one: one.as_of, default=None)
    if newest is None:
        return Board(numbers[0], numbers[-1], bits, None, None)
    return Board(numbers[0], numbers[-1], bits, newest.as_of, int(newest.lag_seconds))


def _numbers(raffle: Raffle) -> range:
    return range(int(raffle.first_number), int(raffle.last_number) + 1)
