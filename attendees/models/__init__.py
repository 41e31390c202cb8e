"""Who takes part: attendees on a roster, participants in a meeting, their admissions and visits."""

from attendees.models.admissions import (
    ADMISSION_LASTS,
    Admission,
    AdmissionQuerySet,
    RetiredSession,
    expiry_of_admission,
)
from attendees.models.arrivals import Arrival, ArrivalCount
from attendees.models.imports import PreviewPage, RosterImport
from attendees.models.participants import Participant
from attendees.models.repairs import Repair
from attendees.models.roster import Attendee, AttendeeQuerySet, Roster
from attendees.models.visits import Visit

__all__ = [
    "ADMISSION_LASTS",
    "Admission",
    "AdmissionQuerySet",
    "Arrival",
    "ArrivalCount",
    "Attendee",
    "AttendeeQuerySet",
    "Participant",
    "PreviewPage",
    "Repair",
    "RetiredSession",
    "Roster",
    "RosterImport",
    "Visit",
    "expiry_of_admission",
]
