"""The map as the template writes it: rooms with words, lines with labels and where they lead."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attendees.amounts import counted
from attendees.room_map.gathering import Link, Room, RoomMap
from attendees.room_map.layout import (
    BOX_WIDTH,
    FRAME_HEAD,
    FRAME_PADDING,
    Box,
    Frame,
    Line,
    Picture,
    layout,
)

MAX_LINES = 600  # that can be told apart; further links are in the table only
TITLE_LINES = 2
LINE_WIDTH = 22  # in letters of usual width
LINE_HEIGHT = 17
BASELINE = 5  # from the middle of a line of text


@dataclass(frozen=True)
class Text:
    words: str
    y: float


@dataclass(frozen=True)
class DrawnRoom:
    box: Box
    room: Room
    title: Sequence[Text]
    state: Text | None

    @property
    def sentence(self) -> str:
        if not self.room.is_managed:
            return f"{self.room.title} (you do not manage it)"
        return f"{self.room.title}: {state_of(self.room)}"

    @property
    def centre(self) -> float:
        return self.box.x + BOX_WIDTH / 2


@dataclass(frozen=True)
class DrawnLine:
    line: Line
    link: Link  # of several: the one that carries the least
    links: int

    @property
    def label(self) -> str:
        return f"! {self.link.label}" if self.link.is_broken else self.link.label

    @property
    def sentence(self) -> str:
        way = f"rom {self.link.source.title} to {self.link.target.title}: {self.link.sentence}"
        if self.links == 1:
            return f"F{way}"
        return f"{counted(self.links, 'link')}; the weakest leads f{way}"


@dataclass(frozen=True)
class DrawnFrame:
    frame: Frame
    caption: str
    remark: str  # on a line of its own: three rooms are no wider than the caption
    is_broken: bool

    @property
    def caption_x(self) -> float:
        return self.frame.x + FRAME_PADDING

    @property
    def caption_y(self) -> float:
        return self.frame.y + FRAME_HEAD - (32 if self.remark else 22)

    @property
    def remark_y(self) -> float:
        return self.frame.y + FRAME_HEAD - 14


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    rooms: Sequence[DrawnRoom]
    frames: Sequence[DrawnFrame]
    lines: Sequence[DrawnLine]
    trunks: Sequence[str]
    left_out: int  # links that have no line


def drawing_of(shown: RoomMap) -> Drawing:
    links = {link.key: link for link in shown.links}
    rooms = {room.key: room for room in shown.rooms}
    picture = layout(list(rooms), links)
    drawn, left_out = links, 0
    if len(picture.lines) > MAX_LINES:
        kept = sorted(links, key=lambda key: not links[key].is_broken)[:MAX_LINES]
        drawn, left_out = {key: links[key] for key in kept}, len(links) - MAX_LINES
        picture = layout(list(rooms), drawn)
    return Drawing(
        width=round(picture.width),
        height=round(picture.height),
        rooms=[drawn_room(box, rooms[box.key]) for box in in_reading_order(picture)],
        frames=[drawn_frame(frame, drawn) for frame in picture.frames],
        lines=[drawn_line(line, drawn) for line in picture.lines],
        trunks=picture.trunks,
        left_out=left_out,
    )


def in_reading_order(picture: Picture) -> list[Box]:
    return sorted(picture.boxes, key=lambda box: (box.y, box.x))


def drawn_line(line: Line, links: dict[tuple[int, int], Link]) -> DrawnLine:
    here = [links[pair] for pair in line.pairs]
    return DrawnLine(line, min(here, key=weakness), len(here))


def weakness(link: Link) -> tuple[bool, int]:
    return not link.is_broken, -1 if link.percent is None else link.percent


def drawn_frame(frame: Frame, links: dict[tuple[int, int], Link]) -> DrawnFrame:
    within = [links[a, b] for a in frame.keys for b in frame.keys if (a, b) in links]
    caption = f"Linked with each other: {counted(len(within), 'link')}"
    missing = len(frame.keys) * (len(frame.keys) - 1) - len(within)
    broken = sum(link.is_broken for link in within)
    remarks = [f"{missing:,} without a way back"] if missing else []
    if broken:
        remarks.append(f"! {broken:,} {'does' if broken == 1 else 'do'} not carry everybody")
    return DrawnFrame(frame, caption, ", ".join(remarks), is_broken=bool(broken))


def drawn_room(box: Box, room: Room) -> DrawnRoom:
    lines = wrapped(room.title)
    words = [*lines, state_of(room)] if room.is_managed else lines
    middle = box.y + box.height / 2
    texts = [
        Text(text, middle + (i - (len(words) - 1) / 2) * LINE_HEIGHT + BASELINE)
        for i, text in enumerate(words)
    ]
    state = texts[-1] if room.is_managed else None
    return DrawnRoom(box, room, texts[: len(lines)], state)


def state_of(room: Room) -> str:
    """For example “Live · 34 here”."""
    word = room.meeting.get_state_display()
    if room.meeting.is_live:
        return f"{word} · {room.here:,} here"
    return f"{word} · {room.here:,} waiting" if room.here and room.meeting.is_scheduled else word


def wrapped(title: str) -> list[str]:
    """In lines that fit a box; what is too long ends with “…”."""
    lines = list(broken_into_lines(title))
    if len(lines) <= TITLE_LINES:
        return lines
    last = " ".join(lines[TITLE_LINES - 1 :])
    return [*lines[: TITLE_LINES - 1], shortened(last, LINE_WIDTH - 1) + "…"]


def broken_into_lines(title: str) -> Iterator[str]:
    line = ""
    for word in title.split():
        longer = f"{line} {word}".strip()
        if width_of(longer) <= LINE_WIDTH:
            line = longer
            continue
        if line:
            yield line
        while width_of(word) > LINE_WIDTH:
            beginning = shortened(word, LINE_WIDTH)
            yield beginning
            word = word[len(beginning) :]
        line = word
    if line:
        yield line


def shortened(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[:-1]
    return text


def width_of(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
        if not unicodedata.combining(character)
    )
