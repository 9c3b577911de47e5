"""The cooperatives' part of the API: the same queries, services and refusals as the pages."""

from django.urls import path

from cooperatives.api import contributions, cooperatives, devices, lots, processes, recipes

urlpatterns = [
    path("devices", devices.Devices.as_view(), name="api_devices"),
    path("devices/this", devices.ThisDevice.as_view(), name="api_this_device"),
    path("cooperatives", cooperatives.Cooperatives.as_view(), name="api_cooperatives"),
    path("cooperatives/<slug:slug>", cooperatives.OneCooperative.as_view(), name="api_cooperative"),
    path("cooperatives/<slug:slug>/lots", lots.Lots.as_view(), name="api_lots"),
    path("cooperatives/<slug:slug>/lots/<slug:code>", lots.OneLot.as_view(), name="api_lot"),
    path("cooperatives/<slug:slug>/plan", recipes.OnePlan.as_view(), name="api_plan"),
    path("recipes", recipes.Recipes.as_view(), name="api_recipes"),
    path("recipes/<slug:slug>", recipes.OneRecipe.as_view(), name="api_recipe"),
    path("cooperatives/<slug:slug>/contributions", contributions.Contributions.as_view(), name="api_contributions"),
    path("cooperatives/<slug:slug>/contributions/goods", contributions.Goods.as_view(), name="api_give_goods"),
    path("cooperatives/<slug:slug>/contributions/work", contributions.Work.as_view(), name="api_give_work"),
    path("cooperatives/<slug:slug>/contributions/use", contributions.Use.as_view(), name="api_give_use"),
    path("cooperatives/<slug:slug>/processes", processes.Processes.as_view(), name="api_processes"),
    path("cooperatives/<slug:slug>/processes/<slug:code>", processes.OneProcess.as_view(), name="api_process"),
]
