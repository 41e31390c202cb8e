"""Where things stand on the map."""

import random
import re
from itertools import combinations, permutations

import pytest

from attendees.room_map.layout import FRAME_HEAD, PAGE_WIDTH, Box, Picture, layout

Pair = tuple[int, int]


def both_ways(*edges: Pair) -> list[Pair]:
    return [pair for a, b in edges for pair in ((a, b), (b, a))]


def chain(n: int) -> list[Pair]:
    return both_ways(*((i, i + 1) for i in range(n - 1)))


def star(n: int) -> list[Pair]:
    return both_ways(*((0, i) for i in range(1, n + 1)))


def at_random(seed: int, rooms: int, links: int) -> list[Pair]:
    drawn = random.Random(seed)
    return [(a, b) for a, b in (drawn.sample(range(rooms), 2) for _ in range(links))]


MAPS: dict[str, list[Pair]] = {
    "two": chain(2),
    "one way": [(0, 1)],
    "three": star(2),
    "three in a ring": [(0, 1), (1, 2), (2, 0)],
    "chain": chain(12),
    "plenary and 8": star(8),
    "plenary and 100": star(100),
    "two plenaries": star(10) + both_ways((0, 11), *((11, i) for i in range(12, 20))),
    "each with each": list(permutations(range(9), 2)),
    "100, each with each": list(permutations(range(100), 2)),
    "frame with a door": [*permutations(range(5), 2), *both_ways(*((5, i) for i in range(5)))],
    "frame and hall": [
        *permutations(range(6), 2),
        *both_ways(*((6, i) for i in range(6)), *((6, i) for i in range(7, 12))),
    ],
    "several": chain(3) + both_ways((3, 4), (5, 6), (7, 8)),
    **{f"random {seed}": at_random(seed, 20, 30) for seed in range(8)},
    "random 100": at_random(9, 100, 160),
}


@pytest.fixture(params=MAPS, ids=str)
def links(request) -> list[Pair]:
    return MAPS[request.param]


@pytest.fixture
def picture(links) -> Picture:
    return layout(rooms_of(links), links)


def rooms_of(links: list[Pair]) -> list[int]:
    return sorted({room for pair in links for room in pair})


def lies_over(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def points_of(path: str) -> list[tuple[float, float]]:
    """Points on the path, close to each other."""
    x = y = 0.0
    points: list[tuple[float, float]] = []
    for command, text in re.findall(r"([MHVC])([^MHVC]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", text)]
        start = x, y
        match command:
            case "M":
                x, y = numbers
                points.append((x, y))
                continue
            case "H":
                ends = [start, start, (numbers[0], y), (numbers[0], y)]
            case "V":
                ends = [start, start, (x, numbers[0]), (x, numbers[0])]
            case _:
                ends = [start, *zip(numbers[::2], numbers[1::2], strict=True)]
        for step in range(1, 101):
            t = step / 100
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                (
                    sum(w * end[0] for w, end in zip(weights, ends, strict=True)),
                    sum(w * end[1] for w, end in zip(weights, ends, strict=True)),
                )
            )
        x, y = points[-1]
    return points


def test_every_room_has_a_box_of_its_own(links, picture):
    assert sorted(box.key for box in picture.boxes) == rooms_of(links)
    assert [pair for pair in combinations(picture.boxes, 2) if lies_over(*pair)] == []


def test_all_is_within_the_picture(picture):
    for thing in (*picture.boxes, *picture.frames):
        assert thing.x >= 0
        assert thing.y >= 0
        assert thing.x + thing.width <= picture.width
        assert thing.y + thing.height <= picture.height
    for path in [line.path for line in picture.lines] + picture.trunks:
        for x, y in points_of(path):
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height


def test_every_link_has_a_line_or_lies_within_a_frame(links, picture):
    drawn = [pair for line in picture.lines for pair in line.pairs]
    assert len(drawn) == len(set(drawn))
    within = {pair for frame in picture.frames for pair in permutations(frame.keys, 2)}
    assert set(drawn) == set(links) - within


def test_no_line_runs_behind_a_room(picture):
    for path in [line.path for line in picture.lines] + picture.trunks:
        for x, y in points_of(path):
            for box in picture.boxes:
                is_inside = (
                    box.x + 0.5 < x < box.x + box.width - 0.5
                    and box.y + 0.5 < y < box.y + box.height - 0.5
                )
                assert not is_inside, (path, box)


def test_rooms_of_a_frame_stand_in_it(picture):
    boxes = {box.key: box for box in picture.boxes}
    for frame in picture.frames:
        for key in frame.keys:
            box = boxes[key]
            assert frame.x < box.x
            assert box.x + box.width < frame.x + frame.width
            assert frame.y + FRAME_HEAD <= box.y
            assert box.y + box.height < frame.y + frame.height


def test_the_same_map_is_drawn_alike(links, picture):
    mixed = list(links)
    random.Random(5).shuffle(mixed)
    assert layout(rooms_of(links), mixed) == picture


@pytest.mark.parametrize("name", ["plenary and 100", "100, each with each", "three"])
def test_usual_maps_fit_the_width_of_a_page(name):
    assert layout(rooms_of(MAPS[name]), MAPS[name]).width <= PAGE_WIDTH


def test_lines_of_a_plenary_are_level_and_apart():
    paths = {line.path for line in layout(range(101), star(100)).lines}
    assert len(paths) == 200
    assert all(re.fullmatch(r"M\S+ \S+H\S+", path) for path in paths)


def test_two_links_between_the_same_rooms_run_side_by_side():
    there, back = layout([1, 2], [(1, 2), (2, 1)]).lines
    assert {y for _, y in points_of(there.path)}.isdisjoint(y for _, y in points_of(back.path))


def test_an_empty_map_is_empty():
    assert layout([], []) == Picture()
