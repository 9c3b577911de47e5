"""Addresses of the cooperatives: nouns are pages, verbs are buttons."""

from django.urls import path

from cooperatives.views import agreements, devices, making, passbooks, people, weighing

urlpatterns = [
    path("cooperatives/", people.cooperatives, name="cooperatives"),
    path("cooperatives/found/", people.found_cooperative, name="found_cooperative"),
    path("cooperatives/<slug:slug>/", people.cooperative, name="cooperative"),
    path("cooperatives/<slug:slug>/members/", people.members, name="members"),
    path("cooperatives/<slug:slug>/members/admit", people.admit_member, name="admit_member"),
    path("cooperatives/<slug:slug>/members/<slug:name>/", people.member, name="member"),
    path("cooperatives/<slug:slug>/members/<slug:name>/roles", people.give_roles, name="give_roles"),
    path("cooperatives/<slug:slug>/members/<slug:name>/name", people.show_name, name="show_name"),
    path("cooperatives/<slug:slug>/agreement/", agreements.agreement, name="agreement"),
    path("cooperatives/<slug:slug>/agreement/adopt", agreements.adopt_agreement, name="adopt_agreement"),
    path("cooperatives/<slug:slug>/making/", making.making, name="making"),
    path("cooperatives/<slug:slug>/making/start", making.start_process, name="start_process"),
    path("cooperatives/<slug:slug>/making/<slug:code>/", making.process, name="process"),
    path("cooperatives/<slug:slug>/making/<slug:code>/put-in", making.put_in, name="put_in"),
    path("cooperatives/<slug:slug>/making/<slug:code>/work", making.give_work, name="give_work"),
    path("cooperatives/<slug:slug>/making/<slug:code>/finish", making.finish_process, name="finish_process"),
    path("devices/", devices.devices, name="devices"),
    path("devices/<int:pk>/revoke", devices.revoke_device, name="revoke_device"),
    path("lots/<slug:slug>/<slug:code>/", making.lot, name="lot"),
    path("passbook/", passbooks.passbook, name="passbook"),
    path("passbook/<slug:slug>/<slug:name>/", passbooks.member_passbook, name="member_passbook"),
    path("places/<path:path>/", people.place, name="place"),
    path("weigh/", weighing.weigh, name="weigh"),
    path("weigh/<slug:slug>/", weighing.scale, name="scale"),
    path("weigh/<slug:slug>/give", weighing.give_goods, name="give_goods"),
    path("weigh/<slug:slug>/<int:pk>/", weighing.delivery, name="delivery"),
    path("weigh/<slug:slug>/<int:pk>/undo", weighing.undo_delivery, name="undo_delivery"),
]
