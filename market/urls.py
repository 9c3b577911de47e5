"""Addresses of the shop, the orders and the stalls."""

from django.urls import path

from market.views import cards, checkout, settlements, shop, stall, takings

urlpatterns = [
    path("shop/", shop.shelf, name="shelf"),
    path("shop/<int:pk>/", shop.listing, name="listing"),
    path("shop/<int:pk>/put", shop.put_in_cart, name="put_in_cart"),
    path("cart/", shop.cart, name="cart"),
    path("cart/<int:pk>/change", shop.change_cart, name="change_cart"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/place", checkout.place_order, name="place_order"),
    path("orders/<str:token>/", checkout.order, name="order"),
    path("orders/<str:token>/cancel", checkout.cancel_order, name="cancel_order"),
    path("orders/<str:token>/pay", cards.pay_by_card, name="pay_by_card"),
    path("orders/<str:token>/paid", cards.paid_by_card, name="paid_by_card"),
    path("webhooks/stripe", cards.stripe_webhook, name="stripe_webhook"),
    path("stall/", stall.stall, name="stall"),
    path("stall/<slug:slug>/", stall.stall_today, name="stall_today"),
    path("stall/<slug:slug>/facts/", stall.stall_facts, name="stall_facts"),
    path("stall/<slug:slug>/listings/", stall.listings, name="listings"),
    path("stall/<slug:slug>/lots/<slug:code>/list/", stall.list_lot, name="list_lot"),
    path("stall/<slug:slug>/listings/<int:pk>/", stall.change_listing, name="change_listing"),
    path("stall/<slug:slug>/listings/<int:pk>/publish", stall.publish_listing, name="publish_listing"),
    path("stall/<slug:slug>/listings/<int:pk>/withdraw", stall.withdraw_listing, name="withdraw_listing"),
    path("stall/<slug:slug>/orders/", takings.stall_orders, name="stall_orders"),
    path("stall/<slug:slug>/orders/<slug:name>/", takings.stall_order, name="stall_order"),
    path("stall/<slug:slug>/orders/<slug:name>/pay", takings.receive_payment, name="receive_payment"),
    path("stall/<slug:slug>/orders/<slug:name>/hand-over", takings.hand_over, name="hand_over"),
    path("stall/<slug:slug>/orders/<slug:name>/drop", takings.drop_order, name="drop_order"),
    path("stall/<slug:slug>/settlement/", settlements.settlement, name="settlement"),
    path("stall/<slug:slug>/settlement/divide", settlements.divide_period, name="divide_period"),
    path("stall/<slug:slug>/purses/", settlements.purses, name="purses"),
    path("stall/<slug:slug>/purses/prepare", settlements.prepare_payout, name="prepare_payout"),
    path("stall/<slug:slug>/purses/<int:pk>/confirm", settlements.confirm_payout, name="confirm_payout"),
    path("stall/<slug:slug>/purses/<int:pk>/drop", settlements.drop_payout, name="drop_payout"),
    path("stall/<slug:slug>/letters/", takings.letters, name="letters"),
]
