"""Takes the place of Django's own, which needs GNU gettext."""

from typing import Any

from django.core.management import BaseCommand

from config.messages import compile_messages


class Command(BaseCommand):
    help = "Compile the translations."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        compile_messages()
