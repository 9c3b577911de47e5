"""Django's own `migrate`, as the owner of the tables, with the web role's rights set before the first table."""

from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.commands import migrate

from config.database import as_owner, grant_to_web
from config.folder import Trouble


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner():
                grant_to_web()
                super().handle(*args, **options)
                call_command("createcachetable", verbosity=0)
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
