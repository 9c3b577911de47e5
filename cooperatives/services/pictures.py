"""Pictures: checked, drawn anew without what a camera writes beside them, and kept as files."""

import warnings
from datetime import datetime
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from cooperatives.models import Agent, Cooperative, Membership, Picture, Role
from cooperatives.rules.names import random_name
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal

KINDS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
SIDE = 1600  # pixels of the longer side, at most
MOST_PICTURES = 12


class PictureUnreadable(BadInput):
    """This is no picture that we can read: send a JPEG, a PNG or a WebP."""


class PictureTooLarge(BadInput):
    """This picture is too large: at most {megabytes} MB and {megapixels} million points."""


class PictureWithoutWords(BadInput):
    """Say what the picture shows, for those who cannot see it."""


class TooManyPictures(Refusal):
    """One page shows at most {most} pictures. Remove one first."""


def add_picture(*, cooperative: Cooperative, data: bytes, words: str, at: datetime, by: Membership | None) -> Picture:
    """One more picture on the cooperative's page. NotAllowed (a steward adds them), TooManyPictures, and what
    `redrawn` and `PictureWithoutWords` refuse."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    if cooperative.pictures.filter(of=None, agent=None).count() >= MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    return _keep(cooperative, None, data, words, at, by)


def show_agent(*, agent: Agent, data: bytes, words: str, at: datetime, by: Membership) -> Picture:
    """One more picture of a forest, a river or a community. NotAllowed (a steward of its guardian adds them),
    TooManyPictures, and what `redrawn` and `PictureWithoutWords` refuse."""
    refuse_unless(by, Role.STEWARD, cooperative=agent.guardian)
    if agent.pictures.count() >= MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    return _keep(agent.guardian, None, data, words, at, by, agent=agent)


@transaction.atomic
def set_portrait(*, membership: Membership, data: bytes, at: datetime, by: Membership) -> Picture:
    """A member's own picture, in place of the last; whoever may read the name sees it. NotAllowed, and `redrawn`."""
    refuse_others(membership, by)
    Membership.objects.select_for_update().get(pk=membership.pk)
    before = Picture.objects.filter(of=membership).first()
    if before:
        _forget(before)
    return _keep(membership.cooperative, membership, data, membership.name or membership.pseudonym, at, by)


@transaction.atomic
def remove_picture(*, picture: Picture, by: Membership | None) -> None:
    """Take a picture away, its file too. NotAllowed: a steward removes any of the cooperative's, a member the own."""
    is_own = by is not None and picture.of_id == by.pk
    if not is_own:
        refuse_unless(by, Role.STEWARD, cooperative=picture.cooperative)
    _forget(picture)


def refuse_others(membership: Membership, by: Membership) -> None:
    """NotAllowed: a portrait is its member's own affair."""
    if by.pk != membership.pk:
        raise NotAllowed()


def redrawn(data: bytes) -> tuple[bytes, int, int]:
    """The picture as WebP, upright, at most 1600 pixels wide or high, with its width and height.

    Only its points are taken over: what a camera wrote beside them, such as where it stood, is not. Raises
    PictureTooLarge before anything is unpacked, PictureUnreadable.
    """
    too_large = PictureTooLarge(megabytes=MOST_BYTES // 1024**2, megapixels=MOST_PIXELS // 1_000_000)
    if len(data) > MOST_BYTES:
        raise too_large
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(data), formats=KINDS) as sent:
            if sent.width * sent.height > MOST_PIXELS:
                raise too_large
            upright = ImageOps.exif_transpose(sent).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as broken:
        raise PictureUnreadable() from broken
    upright.thumbnail((SIDE, SIDE))
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    written = BytesIO()
    fresh.save(written, "WEBP", quality=80)
    return written.getvalue(), fresh.width, fresh.height


def _keep(
    cooperative: Cooperative, of: Membership | None, data: bytes, words: str, at: datetime, by: Membership | None,
    *, agent: Agent | None = None,
) -> Picture:  # fmt: skip
    if not words.strip():
        raise PictureWithoutWords()
    webp, width, height = redrawn(data)
    picture = Picture(
        name=random_name(20), cooperative=cooperative, of=of, agent=agent, words=words.strip(), width=width,
        height=height, added_by=by, added_at=at,
    )  # fmt: skip
    default_storage.save(picture.file, ContentFile(webp))
    picture.save()
    return picture


def _forget(picture: Picture) -> None:
    file = picture.file
    picture.delete()
    transaction.on_commit(lambda: default_storage.delete(file))
