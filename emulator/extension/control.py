"""The emulator's calls below /moto-api/: status, save, list of resources, lost regions."""

from __future__ import annotations

import json
import os
from typing import Any

import moto
from moto.moto_api._internal import urls

import inventory
from outage import Outage

_HEADERS = {"Content-Type": "application/json"}


def install(keeper: Any, outage: Outage) -> None:
    """Adds the calls. `keeper` has the state on disk, `outage` the lost regions."""

    def notejam_status(_request: Any, _url: str, _headers: Any) -> Any:
        status = {
            "moto": moto.__version__,
            "pid": os.getpid(),
            "restored": keeper.restored,
            "whyNotRestored": keeper.why_not,
            "movedTo": keeper.moved_to,
        }
        return 200, _HEADERS, json.dumps(status)

    def notejam_save(request: Any, _url: str, _headers: Any) -> Any:
        if request.method != "POST":
            return 405, _HEADERS, json.dumps({"error": "POST saves; nothing else does"})
        try:
            return 200, _HEADERS, json.dumps({"bytes": keeper.save()})
        except RuntimeError as error:
            return 500, _HEADERS, json.dumps({"error": str(error)})

    def notejam_resources(_request: Any, _url: str, _headers: Any) -> Any:
        return 200, _HEADERS, json.dumps({"resources": inventory.resources()})

    def notejam_outage(request: Any, _url: str, _headers: Any) -> Any:
        if request.method == "POST":
            outage.regions = frozenset(json.loads(request.data or b"[]"))
        return 200, _HEADERS, json.dumps({"regions": sorted(outage.regions)})

    urls.url_paths["{0}/moto-api/notejam/outage"] = notejam_outage
    urls.url_paths["{0}/moto-api/notejam/status"] = notejam_status
    urls.url_paths["{0}/moto-api/notejam/save"] = notejam_save
    urls.url_paths["{0}/moto-api/notejam/resources"] = notejam_resources
