from django.apps import AppConfig


class AttendeesConfig(AppConfig):
    name = "attendees"

    def ready(self) -> None:
        # Once the models exist.
        from attendees.copying import ROSTER  # noqa: PLC0415
        from attendees.panels import tell_state  # noqa: PLC0415
        from attendees.settling import settle  # noqa: PLC0415
        from meetings import consequences, duplicating  # noqa: PLC0415

        consequences.register(settle)
        consequences.register(tell_state)
        duplicating.register(ROSTER)
