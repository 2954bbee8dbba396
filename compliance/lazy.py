"""A property that is worked out at most once for each object, without the lock of `functools.cached_property`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - used as a decorator, in the manner of `property`
    """Stands in for the value until somebody asks; then the value takes its place in the object's own attributes.

    Two threads may work out the same value twice. It is the same value: what is lazy here depends on nothing else.
    """

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> lazy[Value]: ...
    @overload
    def __get__(self, owner: object, kind: type[Any]) -> Value: ...
    def __get__(self, owner: object | None, kind: type[Any]) -> lazy[Value] | Value:
        if owner is None:
            return self
        value = self._work(owner)
        object.__setattr__(owner, self._name, value)  # frozen values keep what they have worked out, too
        return value
