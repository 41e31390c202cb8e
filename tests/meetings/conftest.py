import pytest


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the apps above were told of meetings, in order."""
    told: list[str] = []
    monkeypatch.setattr(
        "meetings.consequences._consequences", [lambda meeting, event: told.append(event)]
    )
    return told
