"""The market at /api/1/: the shop for anyone, the stall for those who work there."""

from market.api import aftersale, credit, cycles, shop, stall

urlpatterns = [*shop.urlpatterns, *credit.urlpatterns, *stall.urlpatterns, *cycles.urlpatterns, *aftersale.urlpatterns]
