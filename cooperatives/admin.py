"""The back room: people may be looked after here; what stands in the journal may only be read."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from cooperatives.models import (
    Agreement,
    Cooperative,
    Correction,
    Hub,
    Lot,
    Member,
    Membership,
    Place,
    Process,
    Weighing,
)

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin  # generic to the type checker alone


class ReadOnly(Admin):
    """What services alone may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.register(Member, UserAdmin)


@admin.register(Cooperative)
class CooperativeAdmin(ReadOnly):
    list_display = ("name", "slug", "place", "currency", "founded_at")


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("address", "cooperative", "number", "roles", "joined_at", "left_at")
    list_filter = ("cooperative",)
    search_fields = ("address", "number")


@admin.register(Lot)
class LotAdmin(ReadOnly):
    list_display = ("code", "cooperative", "goods", "unit", "hub", "opened_at")
    list_filter = ("cooperative",)


@admin.register(Process)
class ProcessAdmin(ReadOnly):
    list_display = ("code", "cooperative", "name", "started_at", "finished_at")
    list_filter = ("cooperative",)


@admin.register(Weighing)
class WeighingAdmin(ReadOnly):
    list_display = ("key", "lot", "giver", "gross", "tare", "at")


@admin.register(Correction)
class CorrectionAdmin(ReadOnly):
    list_display = ("corrects", "reason", "by", "at")


@admin.register(Agreement)
class AgreementAdmin(ReadOnly):
    list_display = ("cooperative", "version", "adopted_at")


admin.site.register((Place, Hub), ReadOnly)
