"""How the other files change moto: by name, loudly when moto no longer has what they change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def extends(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replaces the method of `owner` that has the decorated function's name.

    The function gets moto's own method as its first argument, so that it can add to it.
    """

    def install(function: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, function.__name__, None)
        if original is None:
            raise RuntimeError(
                f"moto's {owner.__name__} has no {function.__name__}() any more, which "
                f"{function.__module__}.py changes: use moto 5.2, or adapt that file."
            )

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
