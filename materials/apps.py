from django.apps import AppConfig


class MaterialsConfig(AppConfig):
    name = "materials"

    def ready(self) -> None:
        # The models exist only now.
        from materials.copying import MATERIALS  # noqa: PLC0415
        from materials.linking_pages import tell_linking_meetings  # noqa: PLC0415
        from meetings import consequences, duplicating  # noqa: PLC0415

        consequences.register(tell_linking_meetings)
        duplicating.register(MATERIALS)
