"""Large imports in a process of their own, with limits, so that pages stay quick meanwhile.

The row of the import says who runs it and until when: a lease, so that a process that was killed
leaves no import that runs for ever. What the process does is one transaction, so whatever ends it
has changed nothing or everything.
"""

import gc
import os
import resource
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from attendees.links import ahead
from attendees.models import RosterImport
from attendees.roster import importing, keeping, progress, uploads
from attendees.roster.importing import Orders
from attendees.roster.lock import RosterIsBusy

FROM = 5_000  # rows: smaller imports are done before anybody could watch them
STARTING = timedelta(seconds=5)

Stage = RosterImport.Stage


def is_large(upload: RosterImport) -> bool:
    return upload.rows >= FROM


def start(upload: RosterImport, orders: Orders, *, at: datetime) -> None:
    """Run the import in a process; where one runs it already, that one goes on."""
    run = uuid4()
    lease = timedelta(seconds=settings.IMPORT_SECONDS) + STARTING
    free = Q(runs_until=None) | Q(runs_until__lte=at) | Q(run=dead_run(upload))
    began = (
        RosterImport.objects.waiting()
        .filter(free, pk=upload.pk)
        .update(
            run=run,
            runs_until=at + lease,
            runs_on="",
            stage=Stage.READING,
            told="",
            orders=asdict(orders),
        )
    )
    if began:
        progress.forget_old(at=at)
        transaction.on_commit(lambda: spawn(upload.pk, run))


def spawn(upload_id: UUID, run: UUID) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runimport"]
    child = subprocess.Popen(  # noqa: S603 - our own command, with two UUIDs
        [*command, str(upload_id), str(run)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    Thread(target=watch, args=(child, upload_id, run), daemon=True).start()


def watch(child: "subprocess.Popen[bytes]", upload_id: UUID, run: UUID) -> None:
    """Say at once when the process ends without having said how."""
    child.wait()
    try:
        end(upload_id, run, importing.NOT_FINISHED)
    finally:
        connection.close()


def end(upload_id: UUID, run: UUID, told: str) -> None:
    """The run has ended; `told` is why nothing was imported, where nothing was."""
    progress.forget(run)
    running = RosterImport.objects.filter(pk=upload_id, run=run, imported_at=None)
    running.update(run=None, runs_until=None, told=told)


def is_running(upload: RosterImport, *, at: datetime) -> bool:
    if upload.is_imported or upload.run is None or upload.runs_until is None:
        return False
    return upload.runs_until > at and dead_run(upload) is None


def progress_of(upload: RosterImport) -> progress.Progress | None:
    """How many rows the run has written, once it writes and where that is known."""
    return progress.told(upload.run) if upload.run else None


def outcome(upload: RosterImport, *, at: datetime) -> str:
    """Why the last run has imported nothing; "" where there was none."""
    if upload.run is not None and not is_running(upload, at=at):
        return importing.NOT_FINISHED
    return upload.told


def dead_run(upload: RosterImport) -> UUID | None:
    """The run, where its process was on this machine and is gone."""
    host, _, pid = upload.runs_on.rpartition(":")
    if not pid or host != socket.gethostname():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return upload.run
    except PermissionError:
        return None
    return None


# --- In the process of its own ---------------------------------------------------------------


def limit() -> None:
    """Take away from this process what an import never needs: it dies rather than harms."""
    most = settings.IMPORT_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.setitimer(signal.ITIMER_REAL, settings.IMPORT_SECONDS)  # ends the process
    # Rows are in no cycles; looking for some among a hundred thousand costs a tenth of the time.
    gc.disable()


def carry_out(upload_id: UUID, run: UUID) -> None:
    """Do the import that was ordered; what becomes of it stands in its row."""
    ours = RosterImport.objects.filter(pk=upload_id, run=run, imported_at=None)
    if not ours.update(runs_on=f"{socket.gethostname()}:{os.getpid()}"):
        return  # another run has taken its place
    orders = Orders(**ours.values_list("orders", flat=True).get())

    def tell(stage: Stage) -> None:
        ours.update(stage=stage)

    try:
        importing.confirm(
            upload_id, orders, run=run, tell=tell, tell_rows=partial(progress.tell, run)
        )
    except importing.NotAsPreviewed as changed:
        with transaction.atomic():
            keeping.forget(upload_id)
            end(upload_id, run, str(changed))
    except (importing.HasProblems, importing.NotCounted, importing.IsForgotten) as refused:
        end(upload_id, run, importing.REFUSALS[type(refused)])
    except RosterIsBusy as busy:
        end(upload_id, run, str(busy))
    except MemoryError:
        end(upload_id, run, importing.TOO_MUCH)
    finally:
        progress.forget(run)


def count_ahead(upload_id: UUID) -> None:
    """Once the host knows that it is imported: the numbers of its links, at which they look next.

    Without Redis each process remembers for itself, and it would be for nobody.
    """
    imported = RosterImport.objects.filter(pk=upload_id, imported_at__isnull=False).first()
    if imported and settings.REDIS_URL:
        ahead.count_ahead([meeting.pk for meeting in uploads.targets(imported)])
