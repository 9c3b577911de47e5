"""Pictures: what is taken, what is not, and that nothing of where it was taken stays in it."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cooperatives.models import Picture
from cooperatives.services import pictures
from cooperatives.services.pictures import (
    PictureTooLarge,
    PictureUnreadable,
    PictureWithoutWords,
    TooManyPictures,
    add_picture,
    redrawn,
    remove_picture,
    set_portrait,
)
from ledger.rules.refusal import NotAllowed
from tests.world import photo, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

GPS, ORIENTATION = 0x8825, 0x0112


@pytest.fixture
def w():
    return world()


def added(w, data=None, **more):
    said = {"cooperative": w.fern, "data": data or photo(), "words": "The mill", "at": w.later(), "by": w.ada}
    return add_picture(**said | more)


class TestRedrawn:
    def test_keeps_the_points_and_nothing_that_a_camera_wrote_beside_them(self):
        exif = Image.Exif()
        exif[ORIENTATION] = 6  # lying on its side
        exif.get_ifd(GPS)[2] = (6.0, 41.0, 18.0)
        sent = photo(60, 40, exif=exif)
        assert Image.open(BytesIO(sent)).getexif().get_ifd(GPS)
        data, width, height = redrawn(sent)
        kept = Image.open(BytesIO(data))
        assert (kept.format, kept.size, (width, height)) == ("WEBP", (40, 60), (40, 60))
        assert not kept.getexif() and "exif" not in kept.info and "xmp" not in kept.info

    def test_makes_it_no_larger_than_a_page_needs(self):
        _, width, height = redrawn(photo(3200, 800))
        assert (width, height) == (1600, 400)

    @pytest.mark.parametrize(
        "data", [b"", b"<svg onload='x'/>", photo(kind="GIF"), photo()[:200], b"\x89PNG\r\n\x1a\n" + b"0" * 50]
    )
    def test_refuses_what_is_no_picture_of_a_kind_we_take(self, data):
        with pytest.raises(PictureUnreadable):
            redrawn(data)

    def test_refuses_what_is_too_large_before_it_unpacks_it(self, monkeypatch):
        monkeypatch.setattr(pictures, "MOST_PIXELS", 60 * 40 - 1)
        with pytest.raises(PictureTooLarge):
            redrawn(photo())
        with pytest.raises(PictureTooLarge):
            redrawn(b"0" * (pictures.MOST_BYTES + 1))


class TestAddPicture:
    def test_is_a_file_that_goes_with_its_row(self, w, django_capture_on_commit_callbacks):
        picture = added(w)
        assert Path(default_storage.path(picture.file)).is_file()
        with django_capture_on_commit_callbacks(execute=True):
            remove_picture(picture=picture, by=w.ada)
        assert not default_storage.exists(picture.file)

    def test_refuses_who_is_no_steward_words_that_are_missing_and_too_many(self, w, monkeypatch):
        with pytest.raises(NotAllowed):
            added(w, by=w.tom)
        with pytest.raises(NotAllowed):
            added(w, by=world("oak", "Oak").ada)
        with pytest.raises(PictureWithoutWords):
            added(w, words=" ")
        monkeypatch.setattr(pictures, "MOST_PICTURES", 1)
        picture = added(w)
        with pytest.raises(TooManyPictures):
            added(w)
        with pytest.raises(NotAllowed):
            remove_picture(picture=picture, by=w.ben)


class TestPages:
    def test_a_steward_shows_a_picture_to_everyone(self, w, client):
        client.force_login(w.people["ada"])
        sent = {"picture": SimpleUploadedFile("a.jpg", photo(), "image/jpeg"), "words": "The mill at dawn"}
        assert client.post("/cooperatives/fern/public-page/add", sent).status_code == 302
        client.logout()
        page = client.get("/cooperatives/fern/").content.decode()
        picture = Picture.objects.get()
        assert f'src="/pictures/{picture.name}.webp"' in page and 'alt="The mill at dawn"' in page
        answer = client.get(f"/pictures/{picture.name}.webp")
        assert answer["Content-Type"] == "image/webp"
        assert Image.open(BytesIO(b"".join(answer.streaming_content))).size == (60, 40)

    def test_what_is_no_picture_is_sent_back_with_a_reason(self, w, client):
        client.force_login(w.people["ada"])
        sent = {"picture": SimpleUploadedFile("a.jpg", b"<html>", "image/jpeg"), "words": "The mill"}
        answer = client.post("/cooperatives/fern/public-page/add", sent)
        assert answer.status_code == 422
        assert "This is no picture that we can read" in answer.content.decode()

    def test_a_portrait_is_seen_by_those_who_may_read_the_name(self, w, client):
        with pytest.raises(NotAllowed):
            set_portrait(membership=w.ben, data=photo(), at=w.later(), by=w.ada)
        portrait = set_portrait(membership=w.ben, data=photo(), at=w.later(), by=w.ben)
        address = f"/pictures/{portrait.name}.webp"

        def met(who):
            client.logout()
            if who:
                client.force_login(w.people[who])
            return client.get(address).status_code

        assert [met(who) for who in ("ben", "ada", "dov", None)] == [200, 200, 404, 404]
        w.ben.name_shown_to = "self"
        w.ben.save()
        assert [met(who) for who in ("ben", "ada", None)] == [200, 404, 404]
        w.ben.name_shown_to = "public"
        w.ben.save()
        assert met(None) == 200
        assert address in client.get("/cooperatives/fern/").content.decode()
