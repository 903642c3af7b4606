"""`python -m tests.pictures URL FOLDER`: pictures of the main pages of a running service for docs/, one of each.

The session's cookie (`__Host-session`) is read from standard input, so that it stands in no process list. `--language en`
takes them in English; `--project CODE` says which project is shown.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from api.access.sessions import COOKIE
from tests.api.pages.conftest import CHROMIUM, FLAGS

PAGES = {
    "portfolio": "/pages/portfolio",
    "projects": "/pages/projects",
    "project": "/pages/projects/{project}",
    "life": "/pages/projects/{project}#life",
    "money": "/pages/projects/{project}#money",
    "compare": "/pages/projects/{project}/compare?{compare}",
    "replay": "/pages/projects/{project}/replay",
    "month": "/pages/month",
    "return": "/pages/month/{period}/{unit}",
    "unit": "/pages/units/{unit}#held",
    "tasks": "/pages/tasks",
    "record": "/pages/projects/{project}/record",
    "feed": "/pages/feed",
    "calendar": "/pages/calendar",
}
ON_A_PHONE = ("project", "tasks", "return")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--project", required=True)
    parser.add_argument("--period", default="")
    parser.add_argument("--unit", default="")
    parser.add_argument("--language", default="zh")
    parser.add_argument("--compare", default="", help="from_on=…&from_known=…&to_on=…&to_known=…")
    parser.add_argument("--pages", nargs="*", default=list(PAGES))
    arguments = parser.parse_args()
    token = sys.stdin.readline().strip()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for kind, size in (("wide", WIDE), ("phone", NARROW)):
            context = browser.new_context(
                base_url=arguments.url,
                locale="zh-CN" if arguments.language == "zh" else "en-GB",
                viewport=size,  # type: ignore[arg-type]
            )
            secure = arguments.url.replace("http:", "https:")
            context.add_cookies([{"name": COOKIE, "value": token, "url": secure, "httpOnly": True}])
            page = context.new_page()
            for name in arguments.pages if kind == "wide" else [n for n in arguments.pages if n in ON_A_PHONE]:
                page.goto(PAGES[name].format(**vars(arguments)), wait_until="networkidle")
                suffix = "" if kind == "wide" else "-phone"
                page.screenshot(path=arguments.folder / f"{name}{suffix}-{arguments.language}.png")
        browser.close()


if __name__ == "__main__":
    main()
