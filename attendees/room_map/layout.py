"""Where everything stands on the map: pure geometry, and the same for the same rooms and links.

- Rooms that are all linked with each other stand in one frame, so that their many links need no
  lines.
- Rooms that lead to one other room only hang below it on a trunk, like the folders of a tree: a
  hundred breakout rooms of one plenary cross nobody's line.
- What is left stands in columns by distance from the best-linked room, in an order in which lines
  cross little. Lines run level until they are past the rooms of their column, so that none runs
  behind a room.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt

from attendees.room_map.graph import Group, Pair, Tree, arranged, components, neighbours_of

BOX_WIDTH, BOX_HEIGHT = 196, 72
BETWEEN_BOXES = 12
BETWEEN_BLOCKS = 32
LEVEL = 52  # so far a line runs level before it ends at a room; holds a label
BETWEEN_COLUMNS = 2 * LEVEL + 90
BETWEEN_PARTS = 48
MARGIN = 8
PORT = 20  # between two lines that end at one side of a room
STUB = 64  # from a trunk to the room that hangs on it; holds a label
INDENT = 10  # of the first trunk
HALF_PAIR = 10  # the lines there and back run this far from the middle
BELOW = 28  # from a room to those that hang on it
FRAME_HEAD, FRAME_PADDING = 58, 14
ARROW = 8
PAGE_WIDTH = 1104
MOST_COLUMNS = 4  # of rooms that hang below one
MOST_FRAME_COLUMNS = 5


@dataclass(frozen=True, kw_only=True)
class Box:
    """A room."""

    key: int
    x: float
    y: float
    height: float = BOX_HEIGHT
    width: float = BOX_WIDTH


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Around rooms that are all linked with each other."""

    keys: Group
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """An arrow; from or to a frame, it stands for the links of all rooms within."""

    pairs: tuple[Pair, ...]
    path: str
    arrow: str
    label_x: float
    label_y: float
    anchor: str


@dataclass
class Picture:
    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    trunks: list[str] = field(default_factory=list)


def layout(rooms: Sequence[int], pairs: Iterable[Pair]) -> Picture:
    """Rooms in the order in which they are to be read; links as source and target."""
    links = set(pairs)
    neighbours = neighbours_of(rooms, links)
    picture = Picture()
    parts = [
        Part(arranged(part, {room: neighbours[room] for room in part}), links)
        for part in components(rooms, neighbours)
    ]
    x = y = 0.0
    row = 0.0
    for part in parts:  # side by side as far as the page is wide, then in the next row
        if x and x + part.width > PAGE_WIDTH - 2 * MARGIN:
            x, y, row = 0, y + row + BETWEEN_PARTS, 0
        part.draw(picture, MARGIN + x, MARGIN + y)
        picture.width = max(picture.width, x + part.width + 2 * MARGIN)
        picture.height = max(picture.height, y + part.height + 2 * MARGIN)
        x, row = x + part.width + BETWEEN_PARTS, max(row, part.height)
    return picture


@dataclass
class Block:
    """A room or a frame, with what hangs below it."""

    group: Group
    hanging: list[int]
    width: float  # of the room or frame
    head: float  # its height
    x: float = 0
    y: float = 0

    @property
    def columns(self) -> int:
        return min(MOST_COLUMNS, ceil(sqrt(len(self.hanging) / 2.5)))

    @property
    def rows(self) -> int:
        return ceil(len(self.hanging) / self.columns) if self.hanging else 0

    @property
    def whole_width(self) -> float:
        below = self.columns * (STUB + BOX_WIDTH + BETWEEN_BOXES) - BETWEEN_BOXES + INDENT
        return max(self.width, below)

    @property
    def whole_height(self) -> float:
        below = BELOW + self.rows * (BOX_HEIGHT + BETWEEN_BOXES) if self.rows else 0
        return self.head + below

    @property
    def middle(self) -> float:
        return self.y + self.head / 2


def frame_columns(group: Group) -> int:
    return min(MOST_FRAME_COLUMNS, ceil(sqrt(len(group))))


def frame_size(group: Group) -> tuple[float, float]:
    columns = frame_columns(group)
    rows = ceil(len(group) / columns)
    width = columns * (BOX_WIDTH + BETWEEN_BOXES) - BETWEEN_BOXES + 2 * FRAME_PADDING
    height = rows * (BOX_HEIGHT + BETWEEN_BOXES) - BETWEEN_BOXES + FRAME_PADDING + FRAME_HEAD
    return width, height


# A side of a block at which lines end, with what they are sorted by.
Side = tuple[int, str]
Way = tuple[int, int]  # from group to group


class Part:
    """One part of the map, measured when it is made, and drawn once its place is known."""

    def __init__(self, tree: Tree, links: set[Pair]) -> None:
        self.tree = tree
        self.numbers = {room: i for i, group in enumerate(tree.groups) for room in group}
        self.ways = ways_between(self.numbers, links)
        self.column_of = tree.column_of
        self.sides: dict[Side, list[Way]] = defaultdict(list)
        for way in self.ways:
            if way[0] in self.column_of and way[1] in self.column_of:
                for end in way:
                    self.sides[end, self.side(end, way)].append(way)
        self.blocks = {i: self.block(i) for column in tree.columns for i in column}
        self.place()

    def side(self, end: int, way: Way) -> str:
        other = way[1] if end == way[0] else way[0]
        return "left" if self.column_of[other] < self.column_of[end] else "right"

    def block(self, i: int) -> Block:
        group = self.tree.groups[i]
        width, height = frame_size(group) if len(group) > 1 else (BOX_WIDTH, BOX_HEIGHT)
        ports = max(len(self.sides[i, "left"]), len(self.sides[i, "right"]))
        head = max(height, PORT * (ports + 1))
        return Block(group, self.tree.hanging.get(i, []), width, head)

    def place(self) -> None:
        columns = [[self.blocks[i] for i in column] for column in self.tree.columns]
        heights = [
            sum(b.whole_height + BETWEEN_BLOCKS for b in column) - BETWEEN_BLOCKS
            for column in columns
        ]
        self.height = max(heights)
        self.ends: list[float] = []  # of the columns, where lines begin to bend
        x = 0.0
        for column, height in zip(columns, heights, strict=True):
            y = (self.height - height) / 2
            for block in column:
                block.x, block.y = x, y
                y += block.whole_height + BETWEEN_BLOCKS
            self.ends.append(x + max(block.whole_width for block in column))
            x = self.ends[-1] + BETWEEN_COLUMNS
        loops = [self.loop(way) for way in self.ways if self.is_within_column(way)]
        self.width = max([self.ends[-1], *loops])

    def is_within_column(self, way: Way) -> bool:
        return self.column_of.get(way[0], -1) == self.column_of.get(way[1], -2)

    def loop(self, way: Way) -> float:
        """How far to the right a line within a column goes."""
        a, b = (self.blocks[end] for end in way)
        reach = min(BETWEEN_COLUMNS - PORT, LEVEL + 36 + abs(a.middle - b.middle) / 6)
        return self.ends[self.column_of[way[0]]] + reach

    # --- Drawing ---------------------------------------------------------------------------

    def draw(self, picture: Picture, x: float, y: float) -> None:
        self.ends = [end + x for end in self.ends]
        for block in self.blocks.values():
            block.x, block.y = block.x + x, block.y + y
            self.draw_block(picture, block)
        ports = self.ports()
        for way, pairs in self.ways.items():
            if way in ports:
                picture.lines.append(self.line(way, pairs, *ports[way]))

    def draw_block(self, picture: Picture, block: Block) -> None:
        if len(block.group) > 1:
            draw_frame(picture, block)
        else:
            [key] = block.group
            picture.boxes.append(Box(key=key, x=block.x, y=block.y, height=block.head))
        if block.hanging:
            self.draw_hanging(picture, block)

    def draw_hanging(self, picture: Picture, block: Block) -> None:
        """In columns, each on a trunk, and the trunks on a level one below the room."""
        top = block.y + block.head
        level = top + BELOW / 2
        step = BOX_HEIGHT + BETWEEN_BOXES
        for column in range(block.columns):
            below = block.hanging[column * block.rows : (column + 1) * block.rows]
            if not below:
                continue
            trunk = block.x + INDENT + column * (STUB + BOX_WIDTH + BETWEEN_BOXES)
            last = top + BELOW + (len(below) - 1) * step + BOX_HEIGHT / 2 + HALF_PAIR
            start = f"M{n(block.x + INDENT)} {n(top)}V{n(level)}H{n(trunk)}"
            picture.trunks.append(f"{start}V{n(last)}")
            for row, i in enumerate(below):
                [key] = self.tree.groups[i]
                box = Box(key=key, x=trunk + STUB, y=top + BELOW + row * step)
                picture.boxes.append(box)
                picture.lines += self.stubs(trunk, box, block.group[0])

    def stubs(self, trunk: float, box: Box, above: int) -> Iterable[Line]:
        """The upper line leads into the room, the lower one back."""
        y = box.y + box.height / 2
        there, back = (above, box.key), (box.key, above)
        i, j = self.numbers[above], self.numbers[box.key]
        if (i, j) in self.ways:
            yield straight(there, trunk, box.x, y - HALF_PAIR, label_above=True)
        if (j, i) in self.ways:
            yield straight(back, box.x, trunk, y + HALF_PAIR, label_above=False)

    def ports(self) -> dict[Way, tuple[float, float]]:
        """At which height each line begins and ends."""
        heights: dict[tuple[Way, int], float] = {}
        for (i, side), ways in self.sides.items():
            block = self.blocks[i]
            ways.sort(key=lambda way: self.port_order(i, side, way))
            for place, way in enumerate(ways):
                heights[way, i] = block.middle + (place - (len(ways) - 1) / 2) * PORT
        return {
            way: (heights[way, way[0]], heights[way, way[1]])
            for way in self.ways
            if (way, way[0]) in heights
        }

    def port_order(self, i: int, side: str, way: Way) -> tuple[float, int, int]:
        """From top to bottom as the other ends are; two lines between the same two, in parallel."""
        other = way[1] if way[0] == i else way[0]
        is_outward = way[0] == i
        # Of two parallel lines the upper one leads to the right; a loop's outer one is mirrored.
        second = is_outward if side == "left" else not is_outward
        if self.is_within_column(way):
            second = way[0] > way[1] if i < other else way[0] < way[1]
        return self.blocks[other].middle, other, int(second)

    def line(self, way: Way, pairs: tuple[Pair, ...], y1: float, y2: float) -> Line:
        a, b = (self.blocks[end] for end in way)
        if self.is_within_column(way):
            x1, x2, far = a.x + a.width, b.x + b.width, self.loop(way)
            end = self.ends[self.column_of[way[0]]] + LEVEL
            path = f"M{n(x1)} {n(y1)}H{n(end)}C{n(far)} {n(y1)} {n(far)} {n(y2)} {n(end)} {n(y2)}"
            return arriving(pairs, f"{path}H{n(x2)}", x2, y2, from_left=False)
        if self.column_of[way[0]] < self.column_of[way[1]]:
            x1, x2, bend = a.x + a.width, b.x, self.ends[self.column_of[way[0]]]
            path = f"M{n(x1)} {n(y1)}{curve(bend, y1, x2, y2)}H{n(x2)}"
            return arriving(pairs, path, x2, y2, from_left=True)
        x1, x2, bend = a.x, b.x + b.width, self.ends[self.column_of[way[1]]]
        path = f"M{n(x1)} {n(y1)}{curve(x1, y1, bend, y2)}H{n(x2)}"
        return arriving(pairs, path, x2, y2, from_left=False)


def ways_between(number: dict[int, int], links: set[Pair]) -> dict[Way, tuple[Pair, ...]]:
    """The links from one group to another, in order; those within a frame need no line."""
    found: dict[Way, list[Pair]] = defaultdict(list)
    for source, target in sorted(links):
        if source in number and number[source] != number[target]:
            found[number[source], number[target]].append((source, target))
    return {way: tuple(found[way]) for way in sorted(found)}


def draw_frame(picture: Picture, block: Block) -> None:
    picture.frames.append(
        Frame(keys=block.group, x=block.x, y=block.y, width=block.width, height=block.head)
    )
    columns = frame_columns(block.group)
    for place, key in enumerate(block.group):
        x = block.x + FRAME_PADDING + (place % columns) * (BOX_WIDTH + BETWEEN_BOXES)
        y = block.y + FRAME_HEAD + (place // columns) * (BOX_HEIGHT + BETWEEN_BOXES)
        picture.boxes.append(Box(key=key, x=x, y=y))


def straight(pair: Pair, x1: float, x2: float, y: float, *, label_above: bool) -> Line:
    """A level line that leads into a room, or back to its trunk."""
    return Line(
        pairs=(pair,),
        path=f"M{n(x1)} {n(y)}H{n(x2)}",
        arrow=arrow(x2, y, from_left=x1 < x2),
        label_x=(x1 + x2) / 2,
        label_y=y - 5 if label_above else y + 15,
        anchor="middle",
    )


def arriving(pairs: tuple[Pair, ...], path: str, x: float, y: float, *, from_left: bool) -> Line:
    return Line(
        pairs=pairs,
        path=path,
        arrow=arrow(x, y, from_left=from_left),
        label_x=x - ARROW - 4 if from_left else x + ARROW + 4,
        label_y=y - 4,
        anchor="end" if from_left else "start",
    )


def arrow(x: float, y: float, *, from_left: bool) -> str:
    back = x - ARROW if from_left else x + ARROW
    return f"{n(x)},{n(y)} {n(back)},{n(y - 4.5)} {n(back)},{n(y + 4.5)}"


def curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """From one height to the other between two columns, level at both ends."""
    lead = LEVEL if x1 < x2 else -LEVEL
    start, end = x1 + lead, x2 - lead
    middle = (start + end) / 2
    return f"H{n(start)}C{n(middle)} {n(y1)} {n(middle)} {n(y2)} {n(end)} {n(y2)}"


def n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
