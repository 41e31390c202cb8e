"""Operators find materials in the admin site, and change them in the console."""

import pytest
from django.urls import reverse

from hosts.models import Host
from materials import publishing
from materials.models import Material
from materials.publishing import Contents
from tests.materials.conftest import upload


@pytest.fixture
def operator_client(client, db):
    client.force_login(Host.objects.create_superuser("ops@example.org", "correct horse battery"))
    return client


@pytest.fixture
def plan(alice, meeting1):
    contents = Contents(kind=Material.Kind.FILE, title="Plan", file=upload())
    return publishing.add(meeting1, contents, by=alice)


def test_operators_find_materials(operator_client, plan):
    found = operator_client.get(reverse("admin:materials_material_changelist"), {"q": "meeting1"})
    assert "Plan" in found.content.decode()
    shown = operator_client.get(reverse("admin:materials_material_change", args=[plan.pk]))
    assert reverse("materials:edit", args=["meeting1", plan.pk]) in shown.content.decode()


def test_materials_are_only_looked_at(operator_client, plan):
    address = reverse("admin:materials_material_delete", args=[plan.pk])
    assert operator_client.post(address, {"post": "yes"}).status_code == 403
    assert Material.objects.get() == plan
