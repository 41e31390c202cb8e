"""How rooms hang together: which form a part of the map, a frame, a tree, a column."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Pair = tuple[int, int]  # source and target
Group = tuple[int, ...]  # one room, or several that are all linked with each other

FEWEST_FRAMED = 4
FEWEST_HANGING = 4
SWEEPS = 6

Neighbours = dict[int, set[int]]


def neighbours_of(rooms: Sequence[int], pairs: Iterable[Pair]) -> Neighbours:
    neighbours: Neighbours = {room: set() for room in rooms}
    for source, target in pairs:
        neighbours[source].add(target)
        neighbours[target].add(source)
    return neighbours


def components(rooms: Sequence[int], neighbours: Neighbours) -> list[list[int]]:
    """Rooms that hang together; the largest part first, each in the given order."""
    place = {room: i for i, room in enumerate(rooms)}
    seen: set[int] = set()
    found: list[list[int]] = []
    for room in rooms:
        if room in seen:
            continue
        part = set(distances(room, neighbours))
        seen |= part
        found.append(sorted(part, key=place.__getitem__))
    return sorted(found, key=lambda part: (-len(part), place[part[0]]))


def distances(start: int, neighbours: Neighbours) -> dict[int, int]:
    found = {start: 0}
    newest = [start]
    while newest:
        reached = {n for room in newest for n in neighbours[room]} - found.keys()
        found |= dict.fromkeys(sorted(reached), found[newest[0]] + 1)
        newest = sorted(reached)
    return found


def framed(rooms: Sequence[int], neighbours: Neighbours) -> list[Group]:
    """The rooms in groups: those with the same neighbours, and linked with each other, together.

    Whoever is linked with one of a group is linked with all of it.
    """
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for room in rooms:
        alike[frozenset(neighbours[room] | {room})].append(room)
    groups: list[Group] = []
    for same in alike.values():
        groups += [tuple(same)] if len(same) >= FEWEST_FRAMED else [(room,) for room in same]
    return groups


@dataclass
class Tree:
    """A part of the map, in terms of groups that are numbered in order."""

    groups: list[Group]
    neighbours: Neighbours
    # By the group above it: those that hang below because they lead nowhere else.
    hanging: dict[int, list[int]] = field(default_factory=dict)
    columns: list[list[int]] = field(default_factory=list)

    @property
    def column_of(self) -> dict[int, int]:
        return {group: i for i, column in enumerate(self.columns) for group in column}


def arranged(rooms: Sequence[int], neighbours: Neighbours) -> Tree:
    """Takes rooms that hang together."""
    groups = framed(rooms, neighbours)
    number = {room: i for i, group in enumerate(groups) for room in group}
    between = {i: {number[n] for n in neighbours[group[0]]} - {i} for i, group in enumerate(groups)}
    tree = Tree(groups, between)
    tree.hanging = hanging(groups, between)
    hung = {group for below in tree.hanging.values() for group in below}
    core = {i: near - hung for i, near in between.items() if i not in hung}
    weights = {i: len(between[i]) for i in core}
    tree.columns = ordered(columns_from(centre(core, weights), core), core)
    return tree


def hanging(groups: Sequence[Group], neighbours: Neighbours) -> dict[int, list[int]]:
    below: dict[int, list[int]] = defaultdict(list)
    for i, near in neighbours.items():
        if len(groups[i]) == len(near) == 1:
            [above] = near
            if len(groups[above]) == 1:
                below[above].append(i)
    return {above: them for above, them in below.items() if len(them) >= FEWEST_HANGING}


def centre(core: Neighbours, weights: Mapping[int, int]) -> int:
    """The best-linked one; of several, the one from which it is the least far to all others."""
    most = max(weights.values())
    best = [i for i in core if weights[i] == most]
    if len(best) == 1:
        return best[0]
    return min(best, key=lambda i: (max(distances(i, core).values()), i))


def columns_from(start: int, core: Neighbours) -> list[list[int]]:
    """By distance; so links are within a column or between two that stand side by side."""
    columns: dict[int, list[int]] = defaultdict(list)
    for i, distance in distances(start, core).items():
        columns[distance].append(i)
    return [columns[distance] for distance in sorted(columns)]


def ordered(columns: list[list[int]], core: Neighbours) -> list[list[int]]:
    """Each column in an order in which lines cross little: by the middle of the neighbours."""
    columns = [sorted(column) for column in columns]
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        steps = range(1, len(columns)) if forwards else range(len(columns) - 2, -1, -1)
        for here in steps:
            beside = columns[here - 1 if forwards else here + 1]
            place = {group: i for i, group in enumerate(beside)}
            columns[here] = by_middle(columns[here], place, core)
    return columns


def by_middle(column: list[int], place: Mapping[int, int], core: Neighbours) -> list[int]:
    return sorted(column, key=lambda i: (middle(core[i], place), i))


def middle(near: Iterable[int], place: Mapping[int, int]) -> float:
    places = [place[i] for i in near if i in place]
    return sum(places) / len(places) if places else 0.0
