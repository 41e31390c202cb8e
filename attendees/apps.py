from django.apps import AppConfig


class AttendeesConfig(AppConfig):
    name = "attendees"

    def ready(self) -> None:
        # Once the models exist.
        from attendees.copying import ROSTER  # noqa: PLC0415
        from attendees.panels import tell_state  # noqa: PLC0415
        from attendees.settling import settle  # noqa: PLC0415
        from attendees.signed_links import end_signed  # noqa: PLC0415
        from hosts import access  # noqa: PLC0415
        from meetings import consequences, duplicating  # noqa: PLC0415

        access.register(end_signed)
        consequences.register(settle)
        consequences.register(tell_state)
        duplicating.register(ROSTER)
