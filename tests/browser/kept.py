"""What a phone keeps of the program, so that its pages open without a network."""

from playwright.sync_api import Page


def wait_until_kept(page: Page, *paths: str) -> Page:
    """The page is ready, and the phone has kept these paths; also where the test holds the page's clock."""
    page.locator("[data-ready=yes]").wait_for()
    page.evaluate(
        """async (paths) => {
            const isKept = (path) => caches.match(path, { ignoreVary: true });
            for (const path of paths) while (!(await isKept(path))) await fetch("/healthz/live");
            await navigator.serviceWorker.ready; }""",
        list(paths),
    )
    return page
