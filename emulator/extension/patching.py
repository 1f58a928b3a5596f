"""Helpers that patch moto. Each patch first checks that moto has the classes, methods and parameters that it uses."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class UnsuitableMoto(Exception):
    """An incompatible moto. The message names the missing class, method or parameter."""


def extends(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replaces the method of `owner` that has the decorated function's name.

    The decorated function gets moto's own method as its first argument, so that it can call it. Its other named
    parameters must be those of moto's method, in the same order.

    Raises UnsuitableMoto if moto has no such method, or one with other parameters.
    """

    def install(function: Callable[..., Any]) -> Callable[..., Any]:
        original = require(owner, function.__name__)
        _check_parameters(owner, original, function)

        @functools.wraps(original)
        def replacement(self: Any, *args: Any, **kwargs: Any) -> Any:
            return function(original, self, *args, **kwargs)

        setattr(owner, function.__name__, replacement)
        return function

    return install


def adds(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives `owner` a method that moto lacks (or does not implement), named as the function is."""

    def install(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(owner, function.__name__, function)
        return function

    return install


def require(owner: Any, name: str, *parameters: str) -> Any:
    """Returns the attribute `name` of a class or module of moto.

    `parameters` are names that the attribute, a function, must take.

    Raises UnsuitableMoto if the attribute or a parameter is missing.
    """
    found = getattr(owner, name, None)
    if found is None:
        raise UnsuitableMoto(f"{_name_of(owner)} has no {name}")
    if parameters:
        known = inspect.signature(found).parameters
        takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values())
        for parameter in parameters:
            if parameter not in known and not takes_all:
                raise UnsuitableMoto(f"{_name_of(owner)}.{name}() takes no {parameter}")
    return found


def _check_parameters(owner: type, original: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Compares the parameters of moto's method with those of the function that replaces it."""
    expected = list(inspect.signature(function).parameters.values())[1:]  # without `original`
    actual = inspect.signature(original).parameters
    named = [each.name for each in expected if each.kind in _POSITIONAL]
    in_moto = [each.name for each in actual.values() if each.kind in _POSITIONAL]
    takes_more = any(each.kind not in _POSITIONAL for each in expected)
    # `self` may have another name, and unused arguments may have a leading underscore.
    same = [name.lstrip("_") for name in named[1:]] == in_moto[1 : len(named)]
    if not same or (len(in_moto) > len(named) and not takes_more):
        raise UnsuitableMoto(
            f"{_name_of(owner)}.{original.__name__}() takes ({', '.join(in_moto)}) instead of ({', '.join(named)})"
        )


def _name_of(owner: Any) -> str:
    return str(getattr(owner, "__qualname__", getattr(owner, "__name__", owner)))
