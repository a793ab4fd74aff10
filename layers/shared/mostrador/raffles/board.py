"""The board of a raffle: the picture of all its numbers, projected from the stream, and lists of the numbers.

The board is stored as a few small items (``BoardChunk``), one for each 10,000 numbers, so that one small read shows it.
A record of the stream only names a number that changed. The state that is written comes from the table itself. So
records may come twice, late, together or in any order, and the board is correct in the end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

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
"""Numbers that ``rebuild`` reads and writes together: one page of a Query, so that it seldom repeats them."""
_published_raffles: Final = ProcessCache[Key, Raffle](size=500)
"""Raffles that were opened once: used only for their existence and their numbers, which never change again."""


@dataclass(frozen=True, slots=True)
class BoardNumber:
    """A number of a raffle as it is at this moment, ``number`` as it is printed."""

    number: str
    state: NumberState
    order_id: str | None
    hold_expires_at: datetime | None


class _ChunkChanged(Busy):
    """Another process wrote the chunk since it was read."""


def show(tenant: str, raffle_id: str, *, is_public: bool = False, now: datetime) -> Board:
    """The board of a raffle, eventually consistent.

    It takes one round trip; the first time in a process, above 10,000 numbers, two. Raises NotHere; for the public
    (``is_public``) also where the raffle was never opened.
    """
    tenants.current(tenant, now=now)
    key, items = keys.raffle(tenant, raffle_id), dict[Key, object]()
    raffle = _published_raffles.get(key)
    if raffle is None:
        items = dict.fromkeys((key, keys.board_chunk(tenant, raffle_id, 0)))
        items |= reads.batch(items, consistent=False)
        raffle = _remembered(items[key])
    if raffle is None or (is_public and raffle.opened_at is None):
        raise NotHere(entity="raffle", id=raffle_id)
    missing = _chunk_indexes(tenant, raffle).keys() - items
    return _assembled(tenant, raffle, items | (reads.batch(missing, consistent=False) if missing else {}))


def read(tenant: str, raffle: Raffle, *, consistent: bool = False) -> Board:
    """The board of a raffle that was read already."""
    return _assembled(tenant, raffle, reads.batch(_chunk_indexes(tenant, raffle), consistent=consistent))


def project(tenant: str, raffle_id: str, numbers: Iterable[int], *, changed_at: datetime, now: datetime) -> None:
    """Write the present state of these ``numbers`` into the board; the first of them changed at ``changed_at``.

    Raises Busy.
    """
    key = keys.raffle(tenant, raffle_id)
    raffle = _published_raffles.get(key) or _remembered(reads.get_item(key))
    if raffle is None:
        logger.error("board.no_raffle", tenant=tenant, raffle=raffle_id)
        return
    lag = max(0, int((now - changed_at).total_seconds()))
    for chunk, changed in board.by_chunk(set(numbers), int(raffle.first_number)).items():
        _write_chunk(tenant, raffle, chunk, partial(states, tenant, raffle_id, changed), now=now, lag=lag)


def rebuild(tenant: str, raffle_id: str, *, now: datetime) -> Board:
    """Make the board again from the numbers themselves, while they are being sold. Raises NotHere, Busy."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    for chunk, numbers in board.chunked(_numbers(raffle)):
        for window in board.windows(numbers, NUMBERS_PER_PASS):
            _write_chunk(tenant, raffle, chunk, partial(_states_in, tenant, raffle_id, window), now=now, lag=0)
    logger.info("board.rebuilt", tenant=tenant, raffle=raffle_id)
    return read(tenant, raffle, consistent=True)


def states(tenant: str, raffle_id: str, numbers: Iterable[int]) -> dict[int, NumberState]:
    """The state of these numbers at this moment; a number with a lapsed hold is RESERVED until it is freed."""
    number_keys = {keys.raffle_number(tenant, raffle_id, number): number for number in numbers}
    items = reads.batch(number_keys)
    return {number: state_of(items.get(key)) for key, number in number_keys.items()}


def listing(tenant: str, raffle_id: str, query: "NumberListing", *, now: datetime) -> reads.Page:
    """Numbers in order, as they are at this moment; a number with a lapsed hold is free. Raises NotHere, BadCursor.

    One request examines a limited count of numbers. So a page of one state may be short, even empty, and have a cursor.
    """
    raffle = raffles.get(tenant, raffle_id, now=now)
    numbers = _numbers(raffle)
    signer = reads.signer_of(tenant, "numbers", raffle_id, query.from_, query.to, query.state)
    begin = reads.decode_cursor(signer, query.cursor)
    first = max(numbers[0], query.from_ or 0) if begin is None else begin
    last = numbers[-1] if query.to is None else min(numbers[-1], query.to)
    examined, matching = first - 1, list[BoardNumber]()
    for number in _examined(tenant, raffle, range(first, last + 1), query, now):
        examined = int(number.number)
        if query.state is None or number.state in query.state:
            matching.append(number)
        if len(matching) == query.limit:
            break
    return reads.Page(matching, signer.dumps(str(examined + 1)) if examined < last else None)


def state_of(held: RaffleNumber | None) -> NumberState:
    """The state of a number whose item is ``held``; FREE where it has none."""
    if held is None:
        return NumberState.FREE
    return NumberState.SOLD if held.is_sold else NumberState.RESERVED


def _examined(
    tenant: str, raffle: Raffle, numbers: range, query: "NumberListing", now: datetime
) -> Iterator[BoardNumber]:
    """The first ``numbers``, as many as one request may examine; each part is read when it is needed."""
    step = query.limit if query.state is None else reads.EXAMINED
    for window in islice(board.windows(numbers, step), reads.MOST_ROUNDS):
        held = _held(tenant, raffle.id, window)
        yield from (_board_number(raffle, number, held.get(number), now) for number in window)


def _board_number(raffle: Raffle, number: int, held: RaffleNumber | None, now: datetime) -> BoardNumber:
    printed = printed_number(number, int(raffle.last_number))
    expires = held.hold_expires_at if held else None
    expires_at = None if expires is None else datetime.fromtimestamp(int(expires), UTC)
    if held is None or has_lapsed(expires_at, now):
        return BoardNumber(printed, NumberState.FREE, None, None)
    return BoardNumber(printed, state_of(held), held.order_id, expires_at)


def _write_chunk(
    tenant: str,
    raffle: Raffle,
    index: int,
    present_states: Callable[[], Mapping[int, NumberState]],
    *,
    now: datetime,
    lag: int,
) -> None:
    """Write the ``present_states`` of some numbers of a chunk. Raises Busy.

    The chunk is read first, the states after it. The chunk is written only if nobody wrote it meanwhile. So a later
    writer has read later states, and older states never replace newer ones. For that it is written even if it does not
    change: another process may be about to write an older state.
    """
    key, numbers = keys.board_chunk(tenant, raffle.id, index), dict(board.chunked(_numbers(raffle)))[index]

    def load(_attempt: int) -> BoardChunk:
        chunk: BoardChunk | None = reads.get_item(key)
        return chunk or BoardChunk(*key, bits=board.blank(len(numbers)))

    def decide(chunk: BoardChunk) -> None:
        positions = {number - numbers.start: state for number, state in present_states().items()}
        chunk.bits = board.with_states(chunk.bits, positions)
        chunk.as_of, chunk.lag_seconds = now, lag
        with writes.refusing(_ChunkChanged()):
            chunk.save()  # a PutItem on the version that was read; the audit log has no boards

    writes.retrying(load, decide, on=_ChunkChanged)


def _states_in(tenant: str, raffle_id: str, numbers: range) -> dict[int, NumberState]:
    held = _held(tenant, raffle_id, numbers)
    return {number: state_of(held.get(number)) for number in numbers}


def _held(tenant: str, raffle_id: str, numbers: range) -> dict[int, RaffleNumber]:
    """Those of a range of numbers that orders hold or own."""
    (partition, first), (_, last) = (keys.raffle_number(tenant, raffle_id, end) for end in (numbers[0], numbers[-1]))
    items = reads.span(partition, first, last, consistent=True)
    return {keys.numbered((item.pk, item.sk))[1]: item for item in items}


def _remembered(item: object) -> Raffle | None:
    """The item if it is a raffle; cached if it was opened."""
    if not isinstance(item, Raffle):
        return None
    if item.opened_at is not None:
        _published_raffles.put((item.pk, item.sk), item)
    return item


def _chunk_indexes(tenant: str, raffle: Raffle) -> dict[Key, int]:
    """Key -> index of each chunk of the raffle's board, in order."""
    return {keys.board_chunk(tenant, raffle.id, index): index for index, _ in board.chunked(_numbers(raffle))}


def _assembled(tenant: str, raffle: Raffle, items: Mapping[Key, object]) -> Board:
    """The board from its chunks among ``items``; numbers of missing chunks are free."""
    numbers, indexes = _numbers(raffle), _chunk_indexes(tenant, raffle)
    chunks = [item for item in items.values() if isinstance(item, BoardChunk)]
    bits = board.joined({indexes[chunk.pk, chunk.sk]: chunk.bits for chunk in chunks}, numbers)
    newest = max(chunks, key=lambda chunk: chunk.as_of, default=None)
    if newest is None:
        return Board(numbers[0], numbers[-1], bits, None, None)
    return Board(numbers[0], numbers[-1], bits, newest.as_of, int(newest.lag_seconds))


def _numbers(raffle: Raffle) -> range:
    return range(int(raffle.first_number), int(raffle.last_number) + 1)
