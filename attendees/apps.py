from django.apps import AppConfig


class AttendeesConfig(AppConfig):
    name = "attendees"

    def ready(self) -> None:
        # Once the models exist.
        from attendees.copying import ROSTER  # noqa: PLC0415
        from attendees.settling import settle  # noqa: PLC0415
        from meetings import consequences, duplicating  # noqa: PLC0415

        consequences.register(settle)
        duplicating.register(ROSTER)
