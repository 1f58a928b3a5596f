"""Runs moto's server with this project's changes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

# A certificate is issued at the client's next request. moto's default is a minute.
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
from cbor import CborFront
from connections import KeepAliveHandler
from gate import Gate
from keeper import Keeper
from outage import Outage
from patching import require

for _replaced in ("run_simple", "DomainDispatcherApplication", "signal_handler"):
    require(moto.server, _replaced)


def serve(state_file: Path | None, save_every: float, until_stdin_closes: bool, moto_options: list[str]) -> None:
    """Restores the contents and serves requests until SIGTERM or SIGINT, or until standard input closes.

    `save_every` is in seconds. `moto_options` are those of moto's own server.
    """
    keeper = Keeper(state_file)
    keeper.restore()
    outage = Outage()
    control.install(keeper, outage)

    def guarded_application(*args: Any) -> Gate:
        gate = Gate(CborFront(DomainDispatcherApplication(*args)), outage)
        keeper.watch(gate)
        return gate

    def save_and_exit(_signal: int, _frame: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keeper.save_when_changed()
        os._exit(0)

    def run_with_open_connections(*args: Any, **options: Any) -> None:
        # moto 5.2.5 passes a request handler, which KeepAliveHandler extends. Older releases pass none.
        run_simple(*args, **{**options, "request_handler": KeepAliveHandler})

    moto.server.run_simple = run_with_open_connections
    moto.server.DomainDispatcherApplication = guarded_application
    moto.server.signal_handler = save_and_exit
    keeper.save_every(save_every)
    if until_stdin_closes:
        _stop_when_stdin_closes()
    moto.server.main(moto_options or ["-H", "127.0.0.1"])


def _stop_when_stdin_closes() -> None:
    """Sends SIGTERM to this process when its parent has exited for any reason."""

    def run() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, name="parent watch", daemon=True).start()
