"""What every page must be: accessible in both languages, light, and wholly our own."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

MOST_BYTES, MOST_REQUESTS = 60_000, 6


def accessible(page: Page) -> None:
    """axe-core finds nothing."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def light(page: Page, path: str) -> None:
    """Within 60 KB and 6 requests as they cross the wire with nothing kept before, all of them to this service."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path, wait_until="networkidle")
    sizes = [answer.request.sizes() for answer in answers]
    transferred = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    addresses = [answer.url for answer in answers]
    assert transferred <= MOST_BYTES, (path, transferred)
    assert len(answers) <= MOST_REQUESTS, addresses
    own = page.url.split("/pages")[0]
    assert all(address.startswith((own, "data:")) for address in addresses), addresses


def fits(page: Page) -> None:
    """Nothing but what scrolls by itself is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
