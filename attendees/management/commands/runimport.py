"""`manage.py runimport`: what the console starts for a large file; not meant to be typed."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from attendees.roster import running


class Command(BaseCommand):
    help = "Imports an uploaded list as its host has ordered. Started by the console."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("upload", type=UUID)
        parser.add_argument("run", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        running.limit()
        running.carry_out(options["upload"], options["run"])
        running.count_ahead(options["upload"])
