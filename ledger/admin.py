"""The ledger in Django's admin: to be looked at, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.models import Account, Checkpoint, Document, Entry, Leaf, Owner, Unit


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no argument at run time
    """Nothing is added, changed or deleted by hand; the database would refuse it anyway."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("key", "action", "purpose", "at", "evidence")
    list_filter = ("purpose", "evidence")
    search_fields = ("key", "id")
    show_full_result_count = False


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ("address", "word", "is_closed")
    search_fields = ("address",)


@admin.register(Document)
class DocumentAdmin(ReadOnly):
    list_display = ("kind", "name", "version")
    list_filter = ("kind",)


@admin.register(Leaf)
class LeafAdmin(ReadOnly):
    list_display = ("index", "token")
    exclude = ("hash",)


admin.site.register([Checkpoint, Owner, Unit], ReadOnly)
