"""Another system, as tests speak of it: it calls, and every answer is as the description says."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from attendees.api.description import SCHEMAS, description
from hosts.access import make_token
from hosts.models import Host

KINDS = {
    "string": str, "integer": int, "boolean": bool, "object": dict, "array": list,
    "null": type(None),
}  # fmt: skip


def check(value: Any, schema: dict[str, Any], where: str = "answer") -> None:
    """Whether the value is as the schema says, in the words of JSON Schema that we use."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert type(value) in [KINDS[kind] for kind in kinds], f"{where}: {value!r}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - set(value)
        assert not missing, f"{where} lacks {missing}"
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is False:
            assert set(value) <= set(properties), f"{where} has {set(value) - set(properties)}"
        for name in set(value) & set(properties):
            check(value[name], properties[name], f"{where}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema["items"], f"{where}[{number}]")


def path_of(address: str) -> str:
    """The path of the description that an address belongs to."""
    return "/" + resolve(address).route.removeprefix("api/v1/").replace("<str:slug>", "{slug}")


@dataclass
class System:
    """Holds a token; compares every answer with the description."""

    token: str
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def call(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **more: Any
    ) -> HttpResponse:
        address = f"/api/v1{path}"
        answer = Client(headers={"Authorization": f"Bearer {self.token}"}).generic(
            method.upper(),
            address,
            raw if raw is not None else json.dumps(body),
            **{"content_type": "application/json"} | more,
        )
        self.compare(method, path_of(address.partition("?")[0]), answer)
        return answer

    def compare(self, method: str, path: str, answer: HttpResponse) -> None:
        assert answer.cookies == {}
        operation = description()["paths"].get(path, {}).get(method)
        if operation is None:
            return
        self.seen.add((path, method, answer.status_code))
        said = operation["responses"].get(str(answer.status_code))
        assert said, f"{method} {path} answers {answer.status_code}: {answer.content!r}"
        [(kind, content)] = said["content"].items()
        assert answer["Content-Type"] == kind
        check(answer.json(), content["schema"])

    def get(self, path: str) -> Any:
        answer = self.call("get", path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        answer = self.call("post", path, body)
        assert answer.status_code == status, answer.content
        return answer.json()


@pytest.fixture
def system_of() -> Callable[[Host], System]:
    return lambda host: System(make_token(host.workspaces.get(), "Members", by=host))


@pytest.fixture
def system(alice: Host, system_of: Callable[[Host], System]) -> System:
    """A membership system with a token of Alice's workspace."""
    return system_of(alice)
