"""A receipt on paper: its QR code is read as a phone reads it, and finds the record again."""

import base64
from typing import Any

import pytest
import zxingcpp
from django.conf import settings
from playwright.sync_api import Page, expect

from ledger import queries
from ledger.services.log import publish_checkpoint
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.test_proof import deliver
from tests.ledger.conftest import declare

pytestmark = pytest.mark.browser

# What a browser with the detector would have: it says what it was given to say, or that there is nothing.
DETECTOR = """globalThis.BarcodeDetector = class {
  static getSupportedFormats = async () => ["qr_code"];
  detect = async () => (SAID ? [{ rawValue: SAID }] : []);
};"""
PIXELS = """async (png) => {
  const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (char) => char.charCodeAt(0))]));
  const paper = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  paper.drawImage(picture, 0, 0);
  const { data, width, height } = paper.getImageData(0, 0, picture.width, picture.height);
  return [width, height, Array.from({ length: width * height }, (_, at) => data[4 * at])];
}"""


def read_codes(page: Page) -> list[str]:
    """What the codes say that can be seen on a page."""
    png = base64.b64encode(page.screenshot(full_page=True)).decode()
    width, height, grey = page.evaluate(PIXELS, png)
    picture: Any = memoryview(bytes(grey)).cast("B", (height, width))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.fixture
def index(own_database: str) -> int:
    """The place of a delivery in a published log."""
    declare()
    deliver(1)
    publish_checkpoint()
    return queries.log_size() - 1


class TestPrintedReceipt:
    @pytest.mark.parametrize("size", [PHONE, DESK])
    def test_has_a_code_that_phones_read(self, open_page: Opener, index: int, size: dict[str, int]) -> None:
        page = open_page(f"/log/records/{index}/printed/", size=size, scheme="dark")
        assert read_codes(page) == [f"{settings.PUBLIC_ADDRESS}/log/records/{index}/"]
        page.emulate_media(media="print")
        assert len(read_codes(page)) == 1


class TestFindByPhoto:
    def offered(self, open_page: Opener, said: str) -> Page:
        page = open_page("/log/check/")
        page.add_init_script(DETECTOR.replace("SAID", f"{said!r}"))
        page.reload()
        photo = {"name": "photo.png", "mimeType": "image/png", "buffer": page.screenshot()}
        page.get_by_label("Or a photo of the QR code").set_input_files(photo)  # type: ignore[arg-type]
        return page

    def test_goes_to_the_record(self, open_page: Opener, index: int) -> None:
        page = self.offered(open_page, f"https://market.example/log/records/{index}/")
        page.wait_for_url(f"**/log/records/{index}/")

    def test_says_that_there_is_no_code_in_it(self, open_page: Opener, index: int) -> None:
        expect(self.offered(open_page, "").get_by_text("No QR code was found in it.")).to_be_visible()

    def test_is_not_offered_where_the_browser_cannot(self, open_page: Opener, index: int) -> None:
        page = open_page("/log/")
        page.add_init_script("delete globalThis.BarcodeDetector")
        page.goto("/log/check/", wait_until="networkidle")
        expect(page.get_by_label("A record's number")).to_be_visible()
        expect(page.get_by_label("Or a photo of the QR code")).to_be_hidden()
