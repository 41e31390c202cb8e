"""`manage.py tidy`: run it daily."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from attendees.tidying import tidy


class Command(BaseCommand):
    help = "Deletes what is no longer needed: expired sessions, admissions, visits, counters."

    def handle(self, **options: Any) -> None:
        for kind, count in tidy(at=timezone.now()).items():
            self.stdout.write(f"{kind}: {count} deleted")
