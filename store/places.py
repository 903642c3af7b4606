"""Where in a command something stands, as a JSON pointer."""

from collections.abc import Iterable


def place_of(value: object, word: str, at: str = "") -> str | None:
    """The JSON pointer to where a word first stands in a command; its field names need no escaping."""
    inner: Iterable[tuple[object, object]] = ()
    match value:
        case str() if value == word:
            return at
        case dict():
            inner = value.items()
        case list() | tuple():
            inner = enumerate(value)
        case _:
            pass
    found = (place_of(part, word, f"{at}/{name}") for name, part in inner)
    return next((place for place in found if place is not None), None)


def is_place(value: object, pointer: str) -> bool:
    """Whether a JSON pointer leads to something that the command states."""
    for name in pointer.split("/")[1:]:
        match value:
            case dict():
                value = value.get(name)
            case list() | tuple():
                value = value[int(name)] if name.isdigit() and int(name) < len(value) else None
            case _:
                return False
    return value is not None
