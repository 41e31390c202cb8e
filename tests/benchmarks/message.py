"""What is announced in `sockets.py`: a panel of usual size, a mark, and when it was sent."""

import time

PANEL = "<li class='item'>A panel of usual size</li>" * 45  # 2 KB


def message(mark: int) -> dict[str, object]:
    return {"panels": {"materials": PANEL}, "mark": mark, "sent": time.monotonic()}
