from django.apps import AppConfig


class MeetingPortalConfig(AppConfig):
    name = "meetingportal"
    verbose_name = "Mechanism"

    def ready(self) -> None:
        from meetingportal import checks  # noqa: F401, PLC0415 - registers them, once apps exist
