from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"

    def ready(self) -> None:
        # The models exist only now.
        from hosts import departures  # noqa: PLC0415
        from meetings.arranging import forget_departed  # noqa: PLC0415

        departures.register(forget_departed)
