"""Let records pass whose header *names* are not UTF-8.

aiokafka raises on such a name while it unpacks a fetched batch, and then the partition stands still for good: one
record of a foreign client stops all others. Here the fetcher's class of record sets is replaced by one that, for such
a batch alone, unpacks again with aiokafka's own Python parser over a buffer that replaces what it cannot decode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, SupportsIndex

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


def tolerate_any_header_name() -> None:
    """Put the tolerant class in place, for all consumers of this process."""
    vars(fetcher)["MemoryRecords"] = TolerantRecords


class TolerantRecords:
    """The batches of one fetched partition; stands in for aiokafka's `MemoryRecords`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records: Any = MemoryRecords(data)
        self._taken = 0

    def size_in_bytes(self) -> int:
        """Return the size of all batches."""
        size: int = self._records.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """Tell whether there is another whole batch."""
        more: bool = self._records.has_next()
        return more

    def next_batch(self) -> Any:
        """Return the next batch. Batches of the old formats have no headers and stay as they are."""
        batch = self._records.next_batch()
        self._taken += 1
        return TolerantBatch(batch, self._data, self._taken) if batch is not None and batch.magic >= 2 else batch


class TolerantBatch:
    """A batch that unpacks its records a second time if a header's name cannot be decoded."""

    def __init__(self, batch: Any, data: bytes, number: int) -> None:
        self._batch = batch
        self._data = data
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        given = 0
        try:
            for record in self._batch:
                given += 1
                yield record
        except UnicodeDecodeError:
            yield from self._again(given)

    def _again(self, given: int) -> Iterator[Any]:
        for position, record in enumerate(_unpack(self._data, self._number)):
            if position >= given:
                yield record


class Lenient(bytearray):
    """Bytes that decode with replacement characters, and whose slices do so too."""

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        """Return a byte, or a slice that is as lenient."""
        found = super().__getitem__(place)
        return Lenient(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Decode; whatever the caller wants, nothing raises."""
        return super().decode(encoding, "replace")


def _unpack(data: bytes, number: int) -> Iterator[Any]:
    records: Any = _MemoryRecordsPy(data)
    for _ in range(number - 1):
        records.next_batch()
    batch: Any = _DefaultRecordBatchPy(records._next_slice)
    iter(batch)
    batch._buffer = Lenient(batch._buffer)
    return iter(batch)
