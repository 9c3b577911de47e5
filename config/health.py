"""Two checks for whoever watches over the machine: is it alive, and can it serve."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.database import is_migrated


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"live": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Ready means that the database answers and its tables are those of this code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        is_ready = is_migrated()
    except DatabaseError:
        is_ready = False
    return JsonResponse({"ready": is_ready}, status=200 if is_ready else 503)
