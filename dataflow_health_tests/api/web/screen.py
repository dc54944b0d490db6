"""A page of a real browser on a served installation."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCREEN = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
SHOTS = os.environ.get("SCREENSHOTS", "")
"""Folder that the screenshots are kept in, for people to look at."""


@dataclass
class Screen:
    """A page of the browser on a served installation."""

    page: Any
    url: str

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def shoot(self, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{name}.png")

    def fits(self) -> bool:
        """Whether nothing is outside of the window, so that all is seen without scrolling."""
        script = "e => [e.scrollWidth - innerWidth, e.scrollHeight - innerHeight]"
        wide, high = self.page.locator("html").evaluate(script)
        return bool(wide <= 0 and high <= 0)

    def fits_in_width(self) -> bool:
        """Whether the page is read without scrolling sideways."""
        wide = self.page.locator("html").evaluate("e => e.scrollWidth - innerWidth")
        return bool(wide <= 0)


def sign_in(screen: Screen, key: str = "anna") -> None:
    """Keeps a key in the tab, as the form of the page does."""
    screen.page.add_init_script(f"sessionStorage.setItem('dataflow-health-key', '{key}')")
