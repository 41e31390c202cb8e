"""Materials are added, changed, put in order and removed; open pages are told of what they see."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from materials import publishing
from materials.models import Material
from materials.publishing import Contents, NotPossible
from meetings.models import Meeting
from tests.conftest import meeting_of
from tests.materials.conftest import labels_of, names_in, retried, upload

WEB, FILE, MEETING = Material.Kind.LINK, Material.Kind.FILE, Material.Kind.MEETING


def web_link(title: str, **fields: object) -> Contents:
    return Contents(**{"kind": WEB, "title": title, "url": "https://example.org/", **fields})


def tab(meeting: Meeting, host, titles: str) -> dict[str, Material]:
    return {title: publishing.add(meeting, web_link(title), by=host) for title in titles}


def sequence_of(meeting: Meeting) -> int:
    return Meeting.objects.get(pk=meeting.pk).sequence


def test_a_new_material_stands_at_the_end(alice, meeting1):
    tab(meeting1, alice, "abc")
    assert labels_of(meeting1) == ["a", "b", "c"]


def test_a_material_takes_only_what_its_kind_has(alice, meeting1, room):
    said = {"target": room, "url": "https://example.org/", "file": upload()}
    of_kind = {k: publishing.add(meeting1, Contents(kind=k, **said), by=alice) for k in (WEB, FILE)}
    found = publishing.add(meeting1, Contents(kind=MEETING, **said), by=alice)

    assert (found.target, found.url, found.file.name) == (room, "", "")
    assert (of_kind[WEB].target, of_kind[WEB].file.name) == (None, "")
    assert (of_kind[FILE].target, of_kind[FILE].url) == (None, "")


@pytest.mark.parametrize(
    ("contents", "label"),
    [
        ({"kind": WEB, "url": "https://www.example.org/a?b"}, "example.org"),
        ({"kind": WEB, "url": "https://example.org/", "title": "Statutes"}, "Statutes"),
        ({"kind": FILE, "file": upload("Budget 2027.pdf")}, "Budget 2027.pdf"),
    ],
)
def test_without_a_title_a_material_is_called_what_it_is(alice, meeting1, contents, label):
    assert publishing.add(meeting1, Contents(**contents), by=alice).label == label


def test_without_a_title_a_link_is_called_as_its_target_now_is(alice, meeting1, room):
    link = publishing.add(meeting1, Contents(kind=MEETING, target=room), by=alice)
    Meeting.objects.filter(pk=room.pk).update(title="Room C")
    assert Material.objects.get(pk=link.pk).label == "Room C"


def test_a_link_back_is_added_in_the_same_act(alice, meeting1, room):
    contents = Contents(kind=MEETING, target=room)
    publishing.add(meeting1, contents, by=alice, link_back=True)
    back = Material.objects.get(meeting=room)
    assert (back.target, back.made_by, back.is_published) == (meeting1, alice, True)


def test_a_link_back_that_exists_is_not_added_again(alice, meeting1, meeting2):
    there = Material.objects.get(meeting=meeting1)
    publishing.add_back(there, by=alice)
    assert meeting2.materials.count() == 1


def test_a_draft_of_the_link_back_is_published(alice, meeting1, meeting2):
    meeting2.materials.update(is_published=False)
    publishing.add_back(Material.objects.get(meeting=meeting1), by=alice)
    assert meeting2.materials.get().is_published


def test_nothing_links_across_workspaces(alice, mallory, meeting1):
    theirs = meeting_of(mallory, "theirs")
    with pytest.raises(NotPossible, match="same workspace"):
        publishing.add(meeting1, Contents(kind=MEETING, target=theirs), by=alice)
    assert not meeting1.materials.exists()


def test_a_meeting_does_not_link_to_itself(alice, meeting1):
    with pytest.raises(IntegrityError, match="does_not_link_to_itself"):
        publishing.add(meeting1, Contents(kind=MEETING, target=meeting1), by=alice)


# --- Order -------------------------------------------------------------------------------

MOVES = [
    ("b", {"before": "a"}, "bacd"),
    ("c", {"before": "a"}, "cabd"),
    ("d", {"before": "b"}, "adbc"),
    ("a", {"after": "d"}, "bcda"),
    ("a", {"after": "b"}, "bacd"),
    ("b", {"after": "a"}, "abcd"),
    ("b", {"before": "c"}, "abcd"),
    ("b", {"before": "b"}, "abcd"),
]


@pytest.mark.parametrize(("moved", "where", "expected"), MOVES)
@pytest.mark.parametrize("positions", ["distinct", "equal", "with holes"])
def test_a_material_moves_beside_another(alice, meeting1, moved, where, expected, positions):
    materials = tab(meeting1, alice, "abcd")
    if positions == "equal":  # ordered by id, then
        by_id = sorted(materials.values(), key=lambda material: material.pk.hex)
        for title, material in zip("abcd", by_id, strict=True):
            Material.objects.filter(pk=material.pk).update(position=0, title=title)
            materials[title] = material
    if positions == "with holes":
        for factor, material in enumerate(materials.values()):
            Material.objects.filter(pk=material.pk).update(position=100 * factor)
    publishing.move(materials[moved], **{k: materials[v] for k, v in where.items()})
    assert "".join(labels_of(meeting1)) == expected


@pytest.mark.parametrize(
    ("act", "moved", "expected"),
    [
        (publishing.move_up, "a", "abc"),
        (publishing.move_up, "b", "bac"),
        (publishing.move_up, "c", "acb"),
        (publishing.move_down, "a", "bac"),
        (publishing.move_down, "b", "acb"),
        (publishing.move_down, "c", "abc"),
    ],
)
def test_a_material_moves_one_place(alice, meeting1, act, moved, expected):
    act(tab(meeting1, alice, "abc")[moved])
    assert "".join(labels_of(meeting1)) == expected


def test_a_material_does_not_move_beside_one_of_another_meeting(alice, meeting1, meeting2):
    here = tab(meeting1, alice, "a")["a"]
    with pytest.raises(NotPossible, match="changed meanwhile"):
        publishing.move(here, after=meeting2.materials.get())


def test_moving_a_removed_material_is_refused_in_a_sentence(alice, meeting1):
    materials = tab(meeting1, alice, "ab")
    publishing.remove(materials["a"])
    with pytest.raises(NotPossible, match="removed meanwhile"):
        publishing.move_up(materials["a"])


@pytest.mark.parametrize("act", [publishing.move_up, publishing.move_down])
def test_moving_takes_as_many_queries_on_a_long_tab(alice, meeting1, room, act):
    short, long = tab(meeting1, alice, "abc"), tab(room, alice, "abcdefghijklmnopqrstuvwxyz")

    def queries(material: Material) -> int:
        with CaptureQueriesContext(connection) as captured:
            act(material)
        return len(captured)

    assert queries(short["b"]) == queries(long["m"])


@pytest.mark.django_db(transaction=True)
def test_hosts_who_put_the_tab_in_order_at_once_lose_nothing(alice, meeting1):
    materials = tab(meeting1, alice, "abcdef")

    def shuffle(title: str) -> None:
        for _ in range(4):
            retried(lambda: publishing.move(materials[title], before=materials["d"]))
            retried(lambda: publishing.move_down(materials[title]))
        connection.close()

    with ThreadPoolExecutor(4) as hosts:
        list(hosts.map(shuffle, "abef"))
    assert sorted(labels_of(meeting1)) == list("abcdef")
    positions = list(meeting1.materials.values_list("position", flat=True))
    assert len(set(positions)) == 6


# --- What open pages are told ----------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        publishing.withdraw,
        publishing.remove,
        publishing.move_up,
        lambda m: publishing.change(m, web_link("z"), by=m.made_by),
        lambda m: publishing.add(m.meeting, web_link("z"), by=m.made_by),
    ],
)
def test_pages_are_told_once_of_what_is_published(alice, meeting1, act):
    material = tab(meeting1, alice, "ab")["b"]
    before = sequence_of(meeting1)
    act(material)
    assert sequence_of(meeting1) == before + 1


@pytest.mark.parametrize(
    "act",
    [
        publishing.withdraw,
        publishing.remove,
        publishing.move_up,
        lambda m: publishing.change(m, web_link("z", is_published=False), by=m.made_by),
        lambda m: publishing.add(m.meeting, web_link("z", is_published=False), by=m.made_by),
    ],
)
def test_drafts_are_nobodys_business(alice, meeting1, act):
    publishing.add(meeting1, web_link("a"), by=alice)
    draft = publishing.add(meeting1, web_link("b", is_published=False), by=alice)
    before = sequence_of(meeting1)
    act(draft)
    assert sequence_of(meeting1) == before


def test_publishing_twice_tells_once(alice, meeting1):
    draft = publishing.add(meeting1, web_link("a", is_published=False), by=alice)
    publishing.publish(draft)
    publishing.publish(draft)
    assert sequence_of(meeting1) == 1


# --- Whose rights ----------------------------------------------------------------------------


def test_nobodys_rights_carry_to_where_somebody_else_points_the_link(
    alice, carol, meeting1, meeting2, room
):
    link = meeting1.materials.get()
    Material.objects.filter(pk=link.pk).update(accepted_by=alice)
    publishing.change(link, Contents(kind=MEETING, target=room), by=carol)
    link.refresh_from_db()
    assert (link.made_by, link.accepted_by, link.target) == (carol, None, room)


def test_a_new_title_leaves_the_rights_as_they_are(alice, carol, meeting1, meeting2):
    link = meeting1.materials.get()
    Material.objects.filter(pk=link.pk).update(accepted_by=alice)
    publishing.change(link, Contents(kind=MEETING, target=meeting2, title="Here"), by=carol)
    link.refresh_from_db()
    assert (link.made_by, link.accepted_by, link.title) == (alice, alice, "Here")


# --- Files -------------------------------------------------------------------------------


def test_a_file_is_stored_under_a_name_of_our_own(alice, meeting1, stored_files):
    material = publishing.add(meeting1, Contents(kind=FILE, file=upload("../Ä.pdf")), by=alice)
    assert (material.file_name, material.file_type) == ("Ä.pdf", "application/pdf")
    (name,) = names_in(stored_files)
    assert len(name) == 32
    assert material.file.name.endswith(name)


def test_the_file_of_a_removed_material_goes_after_the_commit(
    alice, meeting1, stored_files, django_capture_on_commit_callbacks
):
    material = publishing.add(meeting1, Contents(kind=FILE, file=upload()), by=alice)
    with django_capture_on_commit_callbacks() as callbacks:
        publishing.remove(material)
    assert len(names_in(stored_files)) == 1
    for callback in callbacks:
        callback()
    assert names_in(stored_files) == []


def test_a_replaced_file_goes_and_the_new_one_stays(
    alice, meeting1, stored_files, django_capture_on_commit_callbacks
):
    material = publishing.add(meeting1, Contents(kind=FILE, file=upload("a.pdf")), by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        contents = Contents(kind=FILE, file=upload("b.txt", b"new"))
        changed = publishing.change(material, contents, by=alice)
    assert names_in(stored_files) == [changed.file.name.rsplit("/", 1)[-1]]
    assert (changed.file_name, changed.file_size) == ("b.txt", 3)
    assert changed.file_type == "text/plain; charset=utf-8"


def test_a_file_stays_where_nothing_replaces_it(alice, meeting1, stored_files):
    material = publishing.add(meeting1, Contents(kind=FILE, file=upload("a.pdf")), by=alice)
    changed = publishing.change(material, Contents(kind=FILE, title="Plan"), by=alice)
    assert (changed.file.name, changed.label) == (material.file.name, "Plan")
    assert len(names_in(stored_files)) == 1


def test_a_refused_upload_leaves_no_file_behind(alice, meeting1, stored_files, monkeypatch):
    monkeypatch.setattr(publishing, "MAX_MATERIALS", 0)
    with pytest.raises(NotPossible, match="at most 0 materials"):
        publishing.add(meeting1, Contents(kind=FILE, file=upload()), by=alice)
    assert names_in(stored_files) == []


def test_removing_twice_changes_nothing(alice, meeting1):
    material = tab(meeting1, alice, "a")["a"]
    publishing.remove(material)
    publishing.remove(material)
    assert sequence_of(meeting1) == 2


def test_changing_what_was_removed_is_refused(alice, meeting1):
    material = tab(meeting1, alice, "a")["a"]
    publishing.remove(material)
    with pytest.raises(Material.DoesNotExist):
        publishing.change(material, web_link("b"), by=alice)
