from django.urls import path, register_converter

from hosts import brand_console


class Hexadecimal:
    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Hexadecimal, "rrggbb")

app_name = "brand"
urlpatterns = [
    path("<rrggbb:colour>.css", brand_console.stylesheet, name="stylesheet"),
    path("logos/<slug:digest>", brand_console.logo, name="logo"),
]
