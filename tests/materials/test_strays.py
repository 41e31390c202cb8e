"""Files that no material has any more are deleted, and no others."""

from datetime import timedelta

from django.utils import timezone

from materials import publishing
from materials.models import Material
from materials.publishing import Contents
from materials.strays import forget_strays
from tests.materials.conftest import names_in, upload


def test_only_files_without_a_material_go_and_only_after_a_day(alice, meeting1, stored_files):
    now = timezone.now()
    for name in ("kept.pdf", "stray.pdf"):
        publishing.add(meeting1, Contents(kind=Material.Kind.FILE, file=upload(name)), by=alice)
    Material.objects.filter(file_name="stray.pdf").delete()  # as a deleted meeting would
    assert forget_strays(at=now) == 0
    assert forget_strays(at=now + timedelta(days=2)) == 1
    assert names_in(stored_files) == [Material.objects.get().file.name.rsplit("/", 1)[-1]]


def test_without_any_upload_there_is_nothing_to_forget(db):
    assert forget_strays(at=timezone.now()) == 0
