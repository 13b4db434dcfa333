"""Writers stand in line; whoever is first writes for all who wait, so that many share one wait for the disk."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

_MOST_ENTRIES = 4_096  # of one batch
_MOST_BYTES = 4 << 20


def _shut() -> threading.Lock:
    made = threading.Lock()
    made.acquire()
    return made


@dataclass(eq=False)
class Ask:
    """Entries somebody waits for; the gate opens when they are written, or when it is their turn to write."""

    entries: Sequence[bytes]
    gate: threading.Lock = field(default_factory=_shut)
    leads: bool = False
    first: int = -1
    wrong: BaseException | None = None


@dataclass
class Queue:
    """Who waits to be written, in order; somebody leads whenever anybody waits."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asks: list[Ask] = field(default_factory=list)
    is_led: bool = False

    def enter(self, ask: Ask) -> None:
        """Stand in line; the gate opens at once for the first."""
        with self.lock:
            self.asks.append(ask)
            if not self.is_led:
                self._appoint(ask)

    def _appoint(self, ask: Ask) -> None:
        self.is_led = ask.leads = True
        ask.gate.release()

    def take(self) -> list[Ask]:
        """Take a batch off the line, the leader's own entries first; at least one ask."""
        with self.lock:
            taken, n_entries, n_bytes = 0, 0, 0
            for ask in self.asks:
                n_entries, n_bytes = n_entries + len(ask.entries), n_bytes + sum(map(len, ask.entries))
                if taken and (n_entries > _MOST_ENTRIES or n_bytes > _MOST_BYTES):
                    break
                taken += 1
            batch, self.asks = self.asks[:taken], self.asks[taken:]
        return batch

    def leave(self, done: Sequence[Ask]) -> None:
        """Let those go whose entries are written, and hand the pen to the next."""
        with self.lock:
            for ask in done:
                if not ask.leads:
                    ask.gate.release()
            self.is_led = False
            if self.asks:
                self._appoint(self.asks[0])

    def desert(self, ask: Ask) -> None:
        """Take back an ask whose asker was interrupted while waiting."""
        with self.lock:
            if ask in self.asks:
                self.asks.remove(ask)
                if ask.leads:
                    self.is_led = False
                    if self.asks:
                        self._appoint(self.asks[0])
