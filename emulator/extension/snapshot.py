"""The emulator's contents on disk: all of moto's backends in one pickle, written atomically.

Only the same moto, Python and extension can read a snapshot. It contains pickled objects and must be trusted like a
program. It is read only from the path that the caller names.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import platform
import re
import threading
import zlib
from pathlib import Path
from typing import Any

import moto
import moto.backends
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.core.base_backend import BackendDict, BaseBackend

# The first line of a snapshot has the file type and the versions; the rest is the compressed pickle.
_FORMAT = "notejam-emulator-snapshot-1"
# Prefix of the file name suffix of an incompatible snapshot.
_ASIDE_BY_VERSION = "from-moto-"
_LOCKS = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


class UnusableSnapshot(Exception):
    """A snapshot that cannot be restored. The message is the reason, shown to the user.

    `ending` is the file name suffix under which the snapshot is kept.
    """

    def __init__(self, why: str, ending: str = "damaged") -> None:
        super().__init__(why)
        self.ending = ending


def _private_key(der: bytes) -> PrivateKeyTypes:
    return load_der_private_key(der, password=None)


def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


class _Pickler(pickle.Pickler):
    """Pickles locks (as new, open ones), private keys and certificates (as DER), which pickle does not support."""

    def reducer_override(self, thing: Any) -> Any:
        make_lock = _LOCKS.get(type(thing))
        if make_lock:
            return make_lock, ()
        if isinstance(thing, PrivateKeyTypes):
            der = thing.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _private_key, (der,)
        if isinstance(thing, x509.Certificate):
            return _certificate, (thing.public_bytes(Encoding.DER),)
        return NotImplemented


def _this_writer() -> dict[str, str]:
    """Returns the versions that must be the same in a snapshot's writer and reader."""
    sources = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(file.name.encode() + b"\0" + file.read_bytes())
    return {
        "format": _FORMAT,
        "moto": moto.__version__,
        "python": platform.python_version(),
        "extension": sources.hexdigest(),
    }


# Computed once: a file that changes while the server runs does not change the running server.
_WRITER = _this_writer()


def _backend_dicts() -> dict[str, BackendDict[Any]]:
    """The backends of every service in use, by service."""
    return {each.service_name: each for each in BackendDict._instances}


def _contents() -> dict[str, Any]:
    services = {}
    for name, accounts in _backend_dicts().items():
        services[name] = {
            "accounts": {account: dict(regions) for account, regions in accounts.items()},
            # S3 stores the owner of each bucket name outside its backends.
            "bucket_accounts": getattr(accounts, "bucket_accounts", None),
        }
    return services


def save(file: Path) -> int:
    """Writes the emulator's contents to `file` atomically. Returns its size in bytes."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(_contents())
    body = zlib.compress(buffer.getbuffer(), level=1)
    header = json.dumps({**_WRITER, "sha256": hashlib.sha256(body).hexdigest()})
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    with open(unfinished, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(header.encode() + b"\n" + body)
        out.flush()
        os.fsync(out.fileno())
    os.replace(unfinished, file)
    return len(header) + 1 + len(body)


def _read(file: Path) -> dict[str, Any]:
    try:
        header, _, body = file.read_bytes().partition(b"\n")
    except OSError as error:
        raise UnusableSnapshot(f"it cannot be read ({error.strerror})") from error
    try:
        found = json.loads(header)
        checksum = found.pop("sha256")
    except (ValueError, AttributeError, KeyError):
        raise UnusableSnapshot("it is not a snapshot of this emulator") from None
    ending = f"{_ASIDE_BY_VERSION}{_file_name_part(found.get('moto'))}"
    for what in ("moto", "python"):
        if found.get(what) != _WRITER[what]:
            why = f"it was written with {what} {found.get(what)}, this is {what} {_WRITER[what]}"
            raise UnusableSnapshot(why, ending)
    if found != _WRITER:
        raise UnusableSnapshot("it was written by another version of the emulator's extension", ending)
    if hashlib.sha256(body).hexdigest() != checksum:
        raise UnusableSnapshot("it is damaged (its checksum does not match)")
    try:
        return pickle.loads(zlib.decompress(body))
    except Exception as error:  # any error in unpickling leads to an empty start
        raise UnusableSnapshot(f"it cannot be read ({type(error).__name__}: {error})") from error


def _file_name_part(version: Any) -> str:
    return re.sub(r"[^\w.]", "_", str(version))


def move_aside(file: Path, error: UnusableSnapshot) -> Path:
    """Renames a snapshot that cannot be restored, so that the next save does not overwrite it. Returns the new path.

    Keeps one such file: an older one is deleted.
    """
    aside = file.with_name(f"{file.name}.{error.ending}")
    older = [each for each in file.parent.iterdir() if each.name.startswith(f"{file.name}.{_ASIDE_BY_VERSION}")]
    for each in {*older, file.with_name(f"{file.name}.damaged")} - {aside}:
        each.unlink(missing_ok=True)
    os.replace(file, aside)
    return aside


def restore(file: Path) -> None:
    """Restores the contents of `file`. Raises `UnusableSnapshot` without a change if that fails."""
    services = _read(file)
    targets: dict[str, BackendDict[Any]] = {}
    for name in services:
        backends = moto.backends.get_backend(name)
        if not isinstance(backends, BackendDict):
            raise UnusableSnapshot(f"this moto stores {name} in another format", f"{_ASIDE_BY_VERSION}{moto.__version__}")
        targets[name] = backends
    for name, content in services.items():
        for account, regions in content["accounts"].items():
            for region, backend in regions.items():
                dict.__setitem__(targets[name][account], region, backend)
        if content["bucket_accounts"] is not None:
            targets[name].bucket_accounts.update(content["bucket_accounts"])


def first_unpicklable() -> str | None:
    """Returns the service whose backend cannot be saved, for the message; None if each can be saved alone."""
    for account_backends in _backend_dicts().values():
        for _, region, backend in account_backends.iter_backends():
            error = _pickling_error(backend)
            if error:
                return f"{account_backends.service_name} in {region}: {error}"
    return None


def _pickling_error(backend: BaseBackend) -> str | None:
    try:
        _Pickler(io.BytesIO(), protocol=pickle.HIGHEST_PROTOCOL).dump(backend)
    except Exception as error:  # any error is the result
        return f"{type(error).__name__}: {error}"
    return None
