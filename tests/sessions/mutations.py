"""Alterations of a JSON document: every field in turn, in several ways."""

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def paths(value: Any, so_far: Path = ()) -> Iterator[Path]:
    """Yield the way to every value, lists by their first and last entry."""
    yield so_far
    if isinstance(value, dict):
        for name in value:
            yield from paths(value[name], (*so_far, name))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1}) if value else []:
            yield from paths(value[index], (*so_far, index))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def put(document: Any, path: Path, value: Any) -> Any:
    """Return a copy of the document with another value at the end of the path."""
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: Any, path: Path) -> Any:
    changed = copy.deepcopy(document)
    del at(changed, path[:-1])[path[-1]]
    return changed


def others(value: Any) -> Iterator[Any]:
    """Yield values of the same type that are not this one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    elif isinstance(value, str):
        yield value[:-1] + ("0" if value[-1:] != "0" else "1")
        if value and not value[-1].isalnum():
            yield value[1:]
        if len(value) == 27 and value.endswith("Z"):  # a time
            yield value[:-2] + ("0Z" if value[-2] != "0" else "1Z")
            yield str(int(value[:4]) + 1) + value[4:]
        if value in {"above_ministerial", "ministerial", "below_ministerial"}:
            yield "ministerial" if value != "ministerial" else "below_ministerial"
    elif isinstance(value, list) and value:
        yield value[:-1]
        yield [*value, value[-1]]
        if value[0] != value[-1]:
            yield value[::-1]
    elif value is None:
        yield 1
        yield "x"


def alterations(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield every alteration with words for it: another value, nothing, another type, one key too few or too many."""
    for path in paths(document):
        if not path:
            continue
        name = "/".join(map(str, path))
        value = at(document, path)
        for other in others(value):
            yield f"{name} = {other!r}"[:120], put(document, path, other)
        if value is not None:
            yield f"{name} = null", put(document, path, None)
        yield f"{name} of another type", put(document, path, [value] if not isinstance(value, list) else {"0": value})
        if isinstance(path[-1], str):
            yield f"{name} missing", without(document, path)
        if isinstance(value, dict):
            yield f"{name} with more", put(document, path, value | {"more": 1})
