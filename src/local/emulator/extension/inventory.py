"""What is in the emulator, without what AWS itself makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.base_backend import BackendDict

Listing = Callable[[Any], Iterable[str]]


def _keys(attribute: str) -> Listing:
    return lambda backend: [str(key) for key in getattr(backend, attribute)]


# What to look at, by service and kind. A service that is not here is looked at attribute by attribute.
_KINDS: dict[str, dict[str, Listing]] = {
    "s3": {"bucket": _keys("buckets")},
}


def resources() -> list[dict[str, str]]:
    """Everything that somebody made and nobody deleted, as service, region, type, id."""
    return list(_resources())


def _resources() -> Iterator[dict[str, str]]:
    for backends in {id(each): each for each in BackendDict._instances}.values():
        kinds = _KINDS.get(backends.service_name, {})
        for _account, region, backend in backends.iter_backends():
            for kind, listing in kinds.items():
                for identifier in listing(backend):
                    yield {"service": backends.service_name, "region": region, "type": kind, "id": identifier}
