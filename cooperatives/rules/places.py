"""Places inside places, by date: where each lay on a day, as one path that begins at the outermost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Atlas:
    """Where places lay. A place lies where its own path says, until a boundary says otherwise from a day on.

    `moves`: {path of a place: (first day, path of the place around it, or none), oldest first}; `names` by path.
    """

    moves: Mapping[str, Sequence[tuple[date, str | None]]]
    names: Mapping[str, str] = field(default_factory=dict)

    def around(self, path: str, on: date | None = None) -> str | None:
        """The place that a place lay in on a day; today where no day is named."""
        told = [outer for since, outer in self.moves.get(path, ()) if on is None or since <= on]
        return told[-1] if told else path.rpartition("/")[0] or None

    def located(self, path: str, on: date | None = None) -> str:
        """All places around a place on a day, outermost first, and itself: one lies in another where the located path
        of the one begins with that of the other. Away from where its own path says, a place keeps that path, dotted:
        gh/bono/.gh.ashanti.offinso."""
        outer = self.around(path, on)
        own = path.rpartition("/")[2] if outer == (path.rpartition("/")[0] or None) else f".{path.replace('/', '.')}"
        return own if outer is None else f"{self.located(outer, on)}/{own}"

    def locate(self, places: Mapping[str, str | None], on: date | None = None) -> dict[str, str | None]:
        """The located path of each place by whatever it is kept under; None where it is unknown."""
        return {name: self.located(path, on) if path else None for name, path in places.items()}

    def named(self, located: Iterable[str]) -> dict[str, str]:
        """The name of each declared place, by its own path or by where it was located."""
        own = {path: named_path(path) for path in located}
        return {path: self.names[name] for path, name in own.items() if name in self.names}

    def lies_in(self, path: str, boundary: str, on: date | None = None) -> bool:
        """Whether a place lay in another on a day, or is it."""
        return f"{self.located(path, on)}/".startswith(f"{self.located(boundary, on)}/")

    def would_turn_back(self, path: str, outer: str) -> bool:
        """Whether a place would lie in itself, on whatever day, if it lay in `outer` as well."""
        seen, waiting = set[str](), [outer]
        while waiting:
            here = waiting.pop()
            if here == path:
                return True
            if here in seen:
                continue
            seen.add(here)
            ways = {around for _since, around in self.moves.get(here, ())} | {here.rpartition("/")[0] or None}
            waiting.extend(way for way in ways if way is not None)
        return False


def named_path(located: str) -> str:
    """The own path of a place from its located path: gh/ashanti/offinso from gh/bono/.gh.ashanti.offinso."""
    parts = located.split("/")
    moved = max((n for n, part in enumerate(parts) if part.startswith(".")), default=None)
    return located if moved is None else "/".join([parts[moved][1:].replace(".", "/"), *parts[moved + 1 :]])


def atlas_of(rows: Iterable[tuple[str, date, str | None]], names: Mapping[str, str] | None = None) -> Atlas:
    """The atlas of (place, first day, place around it), in any order, and of names by path."""
    moves: dict[str, list[tuple[date, str | None]]] = {}
    for path, since, outer in sorted(rows, key=lambda row: row[:2]):
        moves.setdefault(path, []).append((since, outer))
    return Atlas(moves, names or {})
