"""An iterator that works ahead of whoever takes from it, in a thread."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], depth: int = 2) -> Generator[Item, None, None]:
    """The same items in the same order, of which up to `depth` are ready before they are taken.

    Decoding releases Python's lock, so that it goes on while a network computes. Errors come where
    the item would have come; closed early, the thread ends with the item it is at.

    Example:
        >>> list(ahead([1, 2, 3]))
        [1, 2, 3]
    """
    queue: Queue[tuple[bool, Item | BaseException | None]] = Queue(depth)
    stop = Event()

    def work() -> None:
        try:
            for item in items:
                queue.put((True, item))
                if stop.is_set():
                    break
            queue.put((False, None))
        except BaseException as error:
            queue.put((False, error))

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            more, item = queue.get()
            if not more:
                if item is not None:
                    raise item  # type: ignore[misc]
                return
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        while thread.is_alive():
            if not queue.empty():
                queue.get_nowait()
            thread.join(0.01)
