"""Import an attendee list without a browser."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendees.roster.choosing import Chosen
from attendees.roster.decode import CHOICES
from attendees.roster.dividing import mapping_of, names_of
from attendees.roster.importing import NotApplied, run_at_once
from attendees.roster.plan import Mode
from attendees.roster.read import read
from attendees.roster.rows import limits
from attendees.roster.steps import Plan
from attendees.roster.told import told
from meetings.models import Meeting


class Command(BaseCommand):
    help = "Import an attendee list (CSV or .xlsx) into a meeting."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the meeting ID")
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument(
            "--generate-codes", action="store_true", help="give a code to who is new without one"
        )
        parser.add_argument(
            "--new-codes",
            action="store_true",
            help="people found by external ID or email take the code of the file",
        )
        parser.add_argument(
            "--leave-out-errors", action="store_true", help="import the rows that are right"
        )
        parser.add_argument(
            "--mode",
            choices=[mode.value for mode in Mode],
            default=Mode.ADD_AND_UPDATE.value,
            help="what happens to who is new and to who is on the list (default: %(default)s)",
        )
        parser.add_argument(
            "--encoding",
            choices=sorted(CHOICES),
            default="",
            help="of a CSV file, where it is not found out",
        )
        parser.add_argument(
            "--sheet",
            default="",
            help="of a workbook with several (default: the one that looks most like a list)",
        )
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="how the result is written (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        meeting = meeting_called(options["slug"])
        content = content_of(options["file"])
        chosen = Chosen(
            encoding=options["encoding"],
            sheet=options["sheet"],
            mode=Mode(options["mode"]),
            takes_new_codes=options["new_codes"],
            generates_codes=options["generate_codes"],
        )
        reading = read(content, limits(), chosen.how)
        names = names_of(Meeting.objects.filter(workspace=meeting.workspace_id))
        if mapping := mapping_of(reading, names):
            reading = read(content, limits(), replace(chosen, mapping=mapping).how)

        imported = True
        try:
            plan = run_at_once(
                meeting,
                reading,
                chosen.choices,
                is_trial=options["dry_run"],
                leaves_out=options["leave_out_errors"],
            )
        except NotApplied as stopped:
            plan, imported = stopped.plan, False
        if options["format"] == "json":
            self.stdout.write(json.dumps(told(plan), ensure_ascii=False))
        else:
            self.tell(plan, imported=imported)
        if plan.findings:
            sys.exit(1)

    def tell(self, plan: Plan, *, imported: bool) -> None:
        for finding in plan.findings:
            self.stderr.write(finding.message)
        for warning in plan.warnings:
            self.stdout.write(f"Note: {warning.message}")
        counts = ", ".join(f"{number} {name}" for name, number in plan.counts.items())
        outcome = "Imported" if imported else "Nothing was written"
        self.stdout.write(f"{outcome}: {counts}.")


def meeting_called(slug: str) -> Meeting:
    try:
        return Meeting.objects.get(slug=slug)
    except Meeting.DoesNotExist:
        raise CommandError(f"There is no meeting “{slug}”.") from None


def content_of(file: str) -> bytes:
    most = limits().size + 1  # one byte more shows that the file is too large
    if file == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
