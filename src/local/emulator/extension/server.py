"""moto's server with this project's changes: the same command line, and three options more.

  --state FILE              restore the contents from FILE, keep them there while running and when stopping
  --save-every SECONDS      how often, when something changed (default 30)
  --until-stdin-closes      stop when standard input closes, that is: when the parent is gone
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

# A certificate is issued as soon as it is asked for again; moto's default keeps everyone waiting for a minute.
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")

import moto.server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.serving import run_simple

import application_autoscaling  # noqa: F401  each import installs that service's changes
import autoscaling  # noqa: F401
import budgets  # noqa: F401
import cloudtrail  # noqa: F401
import cloudwatch  # noqa: F401
import control
import ec2  # noqa: F401
import eks  # noqa: F401
import kms  # noqa: F401
import rds  # noqa: F401
import replication  # noqa: F401
import s3  # noqa: F401
import secretsmanager  # noqa: F401
import snapshot
from connections import KeepAliveHandler
from gate import Gate
from outage import Outage


class Keeper:
    """Restores the contents at start and saves them: every so often, on request, and at the end."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._gate: Gate | None = None
        self._saved_changes = 0
        self._one_at_a_time = threading.Lock()
        self.restored = False
        self.why_not = "no state file was asked for" if file is None else "there is none yet"

    def restore(self) -> None:
        if self._file is None or not self._file.exists():
            return
        started = time.monotonic()
        try:
            snapshot.restore(self._file)
        except (snapshot.UnusableSnapshot, OSError) as problem:
            self.why_not = str(problem)
            say(f"starting empty: {self._file} is not used, for {problem}")
            return
        self.restored, self.why_not = True, ""
        say(f"restored {self._file} in {time.monotonic() - started:.1f} s")

    def watch(self, gate: Gate) -> None:
        self._gate = gate

    def save(self) -> int:
        """Saves now; returns the snapshot's size in bytes (0 without a state file)."""
        if self._file is None or self._gate is None:
            return 0
        with self._one_at_a_time, self._gate.closed():
            changes = self._gate.changes
            started = time.monotonic()
            try:
                size = snapshot.save(self._file)
            except Exception as problem:  # moto holds objects of many kinds
                which = snapshot.first_unpicklable() or str(problem)
                raise RuntimeError(f"the contents cannot be saved ({which}); the state file is left as it was") from problem
            self._saved_changes = changes
        say(f"saved {size / 1e6:.1f} MB to {self._file} in {time.monotonic() - started:.1f} s")
        return size

    def save_when_changed(self) -> None:
        if self._gate is not None and self._gate.changes != self._saved_changes:
            try:
                self.save()
            except RuntimeError as problem:
                say(str(problem))

    def save_every(self, seconds: float) -> None:
        def run() -> None:
            while True:
                time.sleep(seconds)
                self.save_when_changed()

        threading.Thread(target=run, name="saves", daemon=True).start()


def say(line: str) -> None:
    print(f"emulator: {line}", file=sys.stderr, flush=True)


def stop_when_stdin_closes() -> None:
    """Ends this process as SIGTERM would when its parent is gone, whatever ended the parent."""

    def run() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, name="parent watch", daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--save-every", type=float, default=30)
    parser.add_argument("--until-stdin-closes", action="store_true")
    ours, motos = parser.parse_known_args()

    keeper = Keeper(ours.state)
    keeper.restore()
    outage = Outage()
    control.install(keeper, outage)

    def guarded_application(*args: Any) -> Gate:
        gate = Gate(DomainDispatcherApplication(*args), outage)
        keeper.watch(gate)
        return gate

    def save_and_exit(_signal: int, _frame: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keeper.save_when_changed()
        os._exit(0)

    moto.server.run_simple = functools.partial(run_simple, request_handler=KeepAliveHandler)
    moto.server.DomainDispatcherApplication = guarded_application
    moto.server.signal_handler = save_and_exit
    keeper.save_every(ours.save_every)
    if ours.until_stdin_closes:
        stop_when_stdin_closes()
    moto.server.main(motos or ["-H", "127.0.0.1"])


if __name__ == "__main__":
    main()
