"""A console over the fake hub: by HTTP client, and served for a real browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from tests.waiting import PATIENCE_S, listening, until

from chengshu.console import router
from chengshu.kernel.errors import ChengshuError


def _load() -> ModuleType:
    """The package ``fake`` beside this file, loaded once under one name whatever the import mode."""
    name = "chengshu_console_fake"
    if name not in sys.modules:
        folder = Path(__file__).with_name("fake")
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    return _load()


@pytest.fixture
def view(fake: ModuleType) -> Any:
    return fake.FakeView()


def make_app(view: Any) -> FastAPI:
    app = FastAPI()
    app.include_router(router(view))

    @app.exception_handler(ChengshuError)
    def problem(_request: Request, error: ChengshuError) -> JSONResponse:
        return JSONResponse(error.as_problem(), error.status, media_type="application/problem+json")

    return app


@pytest.fixture(scope="session", autouse=True)
def assets(root: Path) -> None:
    """The pages name the libraries they load, so those must be built."""
    if not (root / "src/chengshu/console/static/vendor/manifest.json").is_file():
        pytest.skip("the console's browser libraries are not built: run `make assets`")


class Swap:
    """Stands for whichever view a test uses, so that the routes are built once for all tests."""

    target: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


@pytest.fixture(scope="session")
def swap() -> Swap:
    return Swap()


@pytest.fixture(scope="session")
def app(swap: Swap) -> FastAPI:
    return make_app(swap)


@pytest.fixture
async def guest(app: FastAPI, swap: Swap, view: Any) -> Any:
    swap.target = view
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        yield client


@pytest.fixture
async def client(guest: httpx.AsyncClient, fake: ModuleType) -> httpx.AsyncClient:
    """Signed in as the duty officer."""
    answer = await guest.post("/sign-in", data={"login": "lin", "password": fake.PASSWORD})
    assert answer.status_code == 303
    return guest


class Served:
    """A console on a port of this machine, with a fake hub behind it that tests may change."""

    def __init__(self) -> None:
        self.swap = Swap()
        self.socket = listening()
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            make_app(self.swap),
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    @property
    def view(self) -> Any:
        return self.swap.target

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.thread.start()
        until(lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE_S)


@pytest.fixture(scope="session")
def serving(fake: ModuleType) -> Iterator[Served]:
    server = Served()
    server.swap.target = fake.FakeView()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def served(serving: Served, fake: ModuleType) -> Served:
    serving.swap.target = fake.FakeView()
    return serving


@pytest.fixture(
    scope="module"
)  # while it lives, its event loop runs: asyncio tests of other files must not meet it
def chromium() -> Iterator[Any]:
    """A real browser, the system's or Playwright's; the tests are skipped where there is none."""
    path = os.environ.get("CHENGSHU_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
            )
        except Error as error:
            pytest.skip(
                f"needs a Chromium browser (run `make browser`, or set CHENGSHU_CHROMIUM): {error.message}"
            )
        yield browser
        browser.close()
