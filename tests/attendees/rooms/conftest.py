from tests.materials.conftest import carol

__all__ = ["carol"]
