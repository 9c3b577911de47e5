"""Two checks for whoever watches over the machine: is it alive, and can it serve."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.database import is_migrated

READY = "/healthz/ready"

logger = logging.getLogger(__name__)
_told: list[bool] = []  # what this process said last of being ready


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"live": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Ready means that the database answers and its tables are those of this code. Told when it changes, not when
    somebody asks again."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        is_ready = is_migrated()
    except DatabaseError:
        is_ready = False
    if _told != [is_ready]:
        logger.info("Ready." if is_ready else "Not ready yet: the database does not answer, or is not migrated.")
        _told[:] = [is_ready]
    return JsonResponse({"ready": is_ready}, status=200 if is_ready else 503)


class IsNews(logging.Filter):
    """Lets through what tells more than that somebody asked once more while we are not ready."""

    def filter(self, record: logging.LogRecord) -> bool:
        asked = getattr(record, "request", None)
        return not (isinstance(asked, HttpRequest) and asked.path == READY and getattr(record, "status_code", 0) == 503)
