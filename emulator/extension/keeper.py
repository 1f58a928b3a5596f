"""Restores the emulator's contents at startup, and saves them while it runs and when it stops."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import snapshot
from gate import Gate


class Keeper:
    """Restores the contents at start and saves them: at an interval, on request, and at the end."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._gate: Gate | None = None
        self._saved_changes = 0
        self._one_at_a_time = threading.Lock()
        self.restored = False
        self.why_not = "no state file was requested" if file is None else "there is none yet"
        self.moved_to: str | None = None
        """Name of the file, next to the state file, to which an unusable snapshot was renamed."""

    def restore(self) -> None:
        if self._file is None or not self._file.exists():
            return
        started = time.monotonic()
        try:
            snapshot.restore(self._file)
        except snapshot.UnusableSnapshot as error:
            self.moved_to = snapshot.move_aside(self._file, error).name
            self.why_not = f"{error}; the old file is now {self.moved_to}"
            say(f"starting empty: {self._file} is not used: {self.why_not}")
            return
        self.restored, self.why_not = True, ""
        say(f"restored {self._file} in {time.monotonic() - started:.1f} s")

    def watch(self, gate: Gate) -> None:
        self._gate = gate

    def save(self) -> int:
        """Saves now. Returns the snapshot's size in bytes (0 without a state file)."""
        if self._file is None or self._gate is None:
            return 0
        with self._one_at_a_time, self._gate.closed():
            changes = self._gate.changes
            started = time.monotonic()
            try:
                size = snapshot.save(self._file)
            except Exception as error:  # moto contains objects of many types
                which = snapshot.first_unpicklable() or str(error)
                raise RuntimeError(f"the contents cannot be saved ({which}); the state file is left as it was") from error
            self._saved_changes = changes
        say(f"saved {size / 1e6:.1f} MB to {self._file} in {time.monotonic() - started:.1f} s")
        return size

    def save_when_changed(self) -> None:
        if self._gate is not None and self._gate.changes != self._saved_changes:
            try:
                self.save()
            except RuntimeError as error:
                say(str(error))

    def save_every(self, seconds: float) -> None:
        def run() -> None:
            while True:
                time.sleep(seconds)
                self.save_when_changed()

        threading.Thread(target=run, name="saves", daemon=True).start()


def say(line: str) -> None:
    print(f"emulator: {line}", file=sys.stderr, flush=True)
