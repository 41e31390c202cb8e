"""A duplicated meeting takes its materials with it."""

from materials import publishing
from materials.copying import copy_materials
from materials.models import Material
from materials.publishing import Contents
from tests.conftest import meeting_of
from tests.materials.conftest import PDF, labels_of, names_in, upload


def test_a_copy_has_the_same_materials_in_the_same_order(alice, carol, meeting1, meeting2):
    for title in "ba":
        contents = Contents(kind=Material.Kind.LINK, title=title, url="https://example.org/")
        publishing.add(meeting1, contents, by=alice)
    meeting1.materials.update(accepted_by=alice)
    copy = meeting_of(alice, "copy")
    copy_materials(meeting1, copy, carol)

    assert labels_of(copy) == labels_of(meeting1) == ["To Meeting2", "b", "a"]
    assert set(copy.materials.values_list("made_by", "accepted_by")) == {(carol.pk, None)}
    assert copy.materials.get(kind="meeting").target == meeting2
    assert not set(copy.materials.values_list("pk")) & set(meeting1.materials.values_list("pk"))


def test_a_copied_file_is_a_file_of_its_own(
    alice, meeting1, stored_files, django_capture_on_commit_callbacks
):
    contents = Contents(kind=Material.Kind.FILE, file=upload("plan.pdf"))
    original = publishing.add(meeting1, contents, by=alice)
    copy = meeting_of(alice, "copy")
    copy_materials(meeting1, copy, alice)
    assert len(names_in(stored_files)) == 2

    with django_capture_on_commit_callbacks(execute=True):
        publishing.remove(original)
    copied = copy.materials.get()
    assert (copied.file_name, copied.file.read()) == ("plan.pdf", PDF)


def test_a_file_that_is_gone_is_left_out(alice, meeting1, stored_files):
    contents = Contents(kind=Material.Kind.FILE, file=upload("plan.pdf"))
    material = publishing.add(meeting1, contents, by=alice)
    material.file.storage.delete(material.file.name)
    copy = meeting_of(alice, "copy")
    copy_materials(meeting1, copy, alice)
    assert not copy.materials.exists()
