"""Translates Smithy RPC v2 CBOR, the protocol of newer AWS SDKs for CloudWatch, into JSON and back.

The SDK for Go in AWS provider 6.50 and newer sends nothing else to CloudWatch. moto reads only the query and JSON
protocols. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

import datetime
import functools
import gzip
import io
import json
import re
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.parsers import JSONParser
from werkzeug.wsgi import get_input_stream

from patching import require

_CborParser = require(botocore.parsers, "RpcV2CBORParser")
_CborSerializer = require(botocore.serialize, "RpcV2CBORSerializer")
require(_CborParser, "parse_data_item", "stream")
require(_CborParser, "get_peekable_stream_from_bytes", "bytes")
require(_CborSerializer, "_serialize_data_item", "serialized", "value", "shape")

_TARGET = "GraniteServiceVersion20100801"
_OPERATION_PATH = re.compile(rf"^/service/{_TARGET}/operation/(?P<operation>\w+)$")
_REQUEST_HEADERS_OF_CBOR = ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING")
_RESPONSE_HEADERS_OF_BODY = ("content-type", "content-length")

# Shape of an error response, as a service model describes it.
_ERROR_SHAPE = ServiceModel(
    {
        "metadata": {},
        "shapes": {
            "Text": {"type": "string"},
            "Error": {"type": "structure", "members": {"__type": {"shape": "Text"}, "message": {"shape": "Text"}}},
        },
    }
).shape_for("Error")


class _ErrorResponse(Exception):
    """An error response that does not come from moto."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class CborFront:
    """WSGI middleware in front of moto. Passes on all requests except those to CloudWatch in CBOR."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        match = _OPERATION_PATH.match(environ.get("PATH_INFO", ""))
        if match is None:
            return self._application(environ, start_response)
        try:
            operation = _operation(match["operation"])
            status, headers, body = self._ask_moto(_as_json_request(environ, operation), operation)
            ok = status.startswith("2")
            encoded = _encode_output(body, operation) if ok else _encode_moto_error(body, status, operation)
        except _ErrorResponse as error:
            status, headers = f"{error.status.value} {error.status.phrase}", []
            encoded = _encode_error(error.code, str(error))
        kept = [(name, value) for name, value in headers if name.lower() not in _RESPONSE_HEADERS_OF_BODY]
        start_response(
            status,
            [
                *kept,
                ("Content-Type", "application/cbor"),
                ("Content-Length", str(len(encoded))),
                ("smithy-protocol", "rpc-v2-cbor"),
            ],
        )
        return [encoded]

    def _ask_moto(
        self, environ: dict[str, Any], operation: OperationModel
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Returns moto's status, headers and body. Turns exceptions in moto into errors that the SDK can parse."""
        try:
            return self._call(environ)
        except NotImplementedError:
            message = f"moto does not implement {operation.name}."
            raise _ErrorResponse(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", message) from None
        except Exception as error:
            traceback.print_exc()
            message = f"moto failed in {operation.name}: {type(error).__name__}: {error}"
            raise _ErrorResponse(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", message) from error

    def _call(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            started[:] = [status, headers]

        chunks = self._application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = started
        return status, headers, body


@functools.cache
def _service() -> ServiceModel:
    return botocore.session.get_session().get_service_model("cloudwatch")


def _operation(name: str) -> OperationModel:
    try:
        return _service().operation_model(name)
    except OperationNotFoundError:
        raise _ErrorResponse(
            HTTPStatus.NOT_FOUND, "UnknownOperationException", f"CloudWatch has no operation {name}."
        ) from None


def _as_json_request(environ: dict[str, Any], operation: OperationModel) -> dict[str, Any]:
    """Converts the request to AWS JSON 1.0."""
    body = json.dumps(_decode_input(environ), default=_as_json_value).encode()
    kept = {name: value for name, value in environ.items() if name not in _REQUEST_HEADERS_OF_CBOR}
    return {
        **kept,
        "PATH_INFO": "/",
        "RAW_URI": "/",
        "REQUEST_URI": "/",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": f"{_TARGET}.{operation.name}",
        "wsgi.input": io.BytesIO(body),
    }


def _decode_input(environ: dict[str, Any]) -> dict[str, Any]:
    body = get_input_stream(environ).read()
    if not body:
        return {}
    try:
        if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
            body = gzip.decompress(body)
        parser = _CborParser()
        decoded = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except Exception as error:  # botocore and gzip raise many exception types on malformed input
        raise _ErrorResponse(HTTPStatus.BAD_REQUEST, "SerializationException", f"The body is not CBOR: {error}") from None
    if not isinstance(decoded, dict):
        raise _ErrorResponse(HTTPStatus.BAD_REQUEST, "SerializationException", "The body is not a CBOR map.")
    return decoded


def _as_json_value(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} is not allowed in a request to CloudWatch")


def _encode_output(body: bytes, operation: OperationModel) -> bytes:
    if operation.output_shape is None:
        return b"\xa0"  # an empty map
    output = JSONParser().parse({"status_code": 200, "headers": {}, "body": body or b"{}"}, operation.output_shape)
    output.pop("ResponseMetadata", None)
    return _encode(output, operation.output_shape)


def _encode_moto_error(body: bytes, status: str, operation: OperationModel) -> bytes:
    try:
        error = json.loads(body)
        code, message = error["__type"], error.get("message") or error.get("Message") or ""
    except (ValueError, KeyError, TypeError):
        code, message = "InternalFailure", f"moto answered {operation.name} with {status}"
    return _encode_error(_error_shape_name(code.split("#")[-1], operation), message)


def _error_shape_name(code: str, operation: OperationModel) -> str:
    """Returns the shape name of an error, which the SDK for Go expects. moto returns the code of the query protocol.

    Example: GetDashboard has the shape `DashboardNotFoundError` with the code `ResourceNotFound`.
    """
    return next((shape.name for shape in operation.error_shapes if shape.error_code == code), code)


def _encode_error(code: str, message: str) -> bytes:
    return _encode({"__type": f"com.amazonaws.cloudwatch#{code}", "message": message}, _ERROR_SHAPE)


def _encode(value: dict[str, Any], shape: Any) -> bytes:
    encoded = bytearray()
    _CborSerializer()._serialize_data_item(encoded, value, shape)
    return bytes(encoded)
