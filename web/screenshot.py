"""Takes a picture of GraphiQL with the first tab's answer."""

import argparse
import shutil

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    """Open the address in a fresh browser, run the operation that is shown, and save what is seen."""
    wanted = arguments()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(
            viewport={"width": wanted.width, "height": wanted.height},
            color_scheme="dark" if wanted.dark else "light",
        )
        page.goto(wanted.url)
        run_shown_operation(page)
        page.screenshot(path=wanted.file)
        browser.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("file")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    return parser.parse_args()


def run_shown_operation(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()
    page.locator(".result-window .view-line", has_text="data").wait_for()
    page.mouse.move(0, 0)  # off the button, whose tooltip would cover the query
    page.wait_for_timeout(1500)  # for the last of the colours, which workers add


if __name__ == "__main__":
    main()
