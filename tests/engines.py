"""Engines that run JavaScript: QuickJS, which comes with the tests, and Node and Chromium where they are installed."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import quickjs


def in_quickjs(script: str, expression: str, folder: Path) -> Any:
    return json.loads(quickjs.Context().eval(f"{script}\nJSON.stringify({expression})"))


def in_node(script: str, expression: str, folder: Path) -> Any:
    node = shutil.which("node") or pytest.skip("node is not installed")
    file = folder / "script.js"
    file.write_text(f"{script}\nconsole.log(JSON.stringify({expression}));")
    return json.loads(subprocess.run([node, file], capture_output=True, text=True, check=True).stdout)


#: What the browser's program is called.
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def in_chromium(script: str, expression: str, folder: Path) -> Any:
    page = f"<!DOCTYPE html><script>{script}\ndocument.title = JSON.stringify({expression});</script>"
    dom, messages = browse(page, folder)
    assert messages == []
    return json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))


ENGINES: tuple[Callable[[str, str, Path], Any], ...] = (in_quickjs, in_node, in_chromium)


def browse(page: str, folder: Path, fragment: str = "") -> tuple[str, list[str]]:
    """The document that the page becomes in Chromium once its scripts have run, and what is said on its console."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None) or pytest.skip("no Chromium is installed")
    file = folder / "page.html"
    file.write_text(page)
    quiet = ("quic", "background-networking", "component-update", "sync", "gpu")
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--no-first-run",
            *(f"--disable-{what}" for what in quiet),
            f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr",
            "--dump-dom",
            file.as_uri() + fragment,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
