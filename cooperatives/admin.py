"""The back room: people may be looked after here; what stands in the journal may only be read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

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
    Proposal,
    Remark,
    Weighing,
)
from ledger.admin import ReadOnly

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


@admin.register(Remark)
class RemarkAdmin(ReadOnly):
    list_display = ("weighing", "kind", "text", "by", "at")


@admin.register(Agreement)
class AgreementAdmin(ReadOnly):
    list_display = ("cooperative", "version", "adopted_at")


@admin.register(Proposal)
class ProposalAdmin(ReadOnly):
    list_display = ("cooperative", "number", "edition", "state", "opened_at", "closes_at")


admin.site.register((Place, Hub), ReadOnly)
