"""A headless Chromium with its real Web Bluetooth, on an air of ours."""

# pyright: reportUnknownMemberType=false

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypedDict, cast

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

ENVIRON = os.environ  # noqa: TID251


@contextmanager
def chromium(environment: Mapping[str, str]) -> Generator[Browser]:
    """Start the browser; it finds BlueZ by the environment."""
    flags = ["--enable-features=WebBluetooth", "--disable-gpu"]
    flags.append("--disable-dev-shm-usage")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=flags,
            env={**ENVIRON, **environment},
        )
        yield browser
        browser.close()


class Device(TypedDict):
    """One line of the chooser."""

    id: str
    name: str


class _Prompt(TypedDict):
    id: str
    devices: list[Device]


@dataclass
class Chooser:
    """Answers the chooser of one page, as a user would; it has no window headless."""

    page: Page
    wanted: Callable[[Device], bool] = lambda _: True
    shown: list[Device] = field(default_factory=list[Device])
    """All devices that were ever offered."""
    chosen: int = 0
    _answered: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """Begin to answer."""
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        self._session.on("DeviceAccess.deviceRequestPrompted", self._prompted)
        self._session.send("DeviceAccess.enable")

    def _prompted(self, event: object) -> None:
        prompt = cast(_Prompt, event)
        self.shown += prompt["devices"]
        found = [one for one in prompt["devices"] if self.wanted(one)]
        if found and prompt["id"] not in self._answered:
            self._answered.add(prompt["id"])
            self.chosen += 1
            choice = {"id": prompt["id"], "deviceId": found[0]["id"]}
            self._session.send("DeviceAccess.selectPrompt", choice)
