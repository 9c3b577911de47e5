"""Registers the market app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketConfig(AppConfig):
    name = "market"
    verbose_name = _("market")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cooperatives.services.lots import lot_moves
        from cooperatives.services.sales import sales_ended
        from market.services.catalogue import follow_lot, take_off_forbidden

        lot_moves.connect(follow_lot)
        sales_ended.connect(take_off_forbidden)
