"""What a cooperative shows of itself: its story and pictures, for a steward to change, and the pictures themselves."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from cooperatives import queries
from cooperatives.forms.people import PictureForm, PortraitForm, StoryForm
from cooperatives.models import Membership
from cooperatives.services import pictures
from cooperatives.services.people import tell_story as tell
from cooperatives.views.access import for_members, for_stewards, member_of, shown, try_out
from ledger.rules.refusal import NotFound


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file: a portrait only for those who may read the name."""
    found = queries.picture(name)
    if found is None:
        raise NotFound
    if found.of is not None:
        reader = queries.membership_in(request.user, found.cooperative.slug)
        if not queries.may_read(found.of.name_shown_to, found.of, reader):
            raise NotFound
    answer = FileResponse(default_storage.open(found.file), content_type="image/webp")
    answer["Cache-Control"] = "private, max-age=3600" if found.of else "public, max-age=86400"
    return answer


@require_GET
@for_stewards
def public_page(request: HttpRequest, by: Membership) -> HttpResponse:
    """What everyone sees of the cooperative, to be changed."""
    return _desk(request, by, StoryForm(initial={"story": by.cooperative.story}), PictureForm())


@require_POST
@for_stewards
def tell_story(request: HttpRequest, by: Membership) -> HttpResponse:
    """Tell the story anew."""
    form = StoryForm(request.POST)
    if not form.is_valid():
        return _desk(request, by, form, PictureForm(), status=400)
    tell(cooperative=by.cooperative, story=form.cleaned_data["story"], by=by)
    messages.success(request, _("It is as you said."))
    return redirect("cooperative", by.cooperative.slug)


@require_POST
@for_stewards
def add_picture(request: HttpRequest, by: Membership) -> HttpResponse:
    """Show one more picture."""
    form = PictureForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        said = form.cleaned_data
        status = try_out(form, lambda: pictures.add_picture(
            cooperative=by.cooperative, data=read_picture(said["picture"]), words=said["words"], at=timezone.now(),
            by=by,
        ))  # fmt: skip
    if form.errors:
        return _desk(request, by, StoryForm(initial={"story": by.cooperative.story}), form, status=status)
    messages.success(request, _("The picture is on your page."))
    return redirect("public_page", by.cooperative.slug)


@require_POST
@for_stewards
def remove_picture(request: HttpRequest, by: Membership, picture: str) -> HttpResponse:
    """Take a picture away."""
    found = queries.picture(picture)
    if found is None or found.cooperative != by.cooperative:
        raise NotFound
    agent = found.agent
    pictures.remove_picture(picture=found, by=by)
    messages.success(request, _("The picture is gone."))
    return redirect("agent", agent.slug) if agent else redirect("public_page", by.cooperative.slug)


@require_POST
@for_members
def set_portrait(request: HttpRequest, by: Membership, name: str) -> HttpResponse:
    """Show a picture of oneself; without a file, show none."""
    found = member_of(by, f"members/{name}")
    form = PortraitForm(request.POST, request.FILES)
    if form.is_valid():
        data = read_picture(form.cleaned_data["picture"])
        pictures.set_portrait(membership=found, data=data, at=timezone.now(), by=by)
    elif before := getattr(found, "portrait", None):
        pictures.remove_picture(picture=before, by=by)
    else:
        pictures.refuse_others(found, by)
    messages.success(request, _("It is as you said."))
    return redirect("member", by.cooperative.slug, name)


def read_picture(sent: "UploadedFile[bytes]") -> bytes:
    """No more than one byte beyond what is taken, however much was sent."""
    return bytes(sent.read(pictures.MOST_BYTES + 1))


def _desk(
    request: HttpRequest, by: Membership, story: StoryForm, form: PictureForm, *, status: int = 200
) -> HttpResponse:
    shown_pictures = queries.pictures_of(by.cooperative)
    return shown(
        request, "public_page", by, by.cooperative, tab="cooperative", story=story, form=form,
        pictures=shown_pictures, status=status,
    )  # fmt: skip
