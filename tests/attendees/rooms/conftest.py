from tests.materials.conftest import carol, stored_files

__all__ = ["carol", "stored_files"]
