from django.urls import path, re_path

from .views import browsing, buying, dealing, listing, selling

urlpatterns = [
    path("", browsing.home, name="home"),
    path("search/", browsing.search, name="search"),
    path("category/<slug:slug>/", browsing.category, name="category"),
    path("listing/<uuid:public_id>/", listing.listing, name="listing"),
    path("listing/<uuid:public_id>/watch/", buying.toggle_watch, name="toggle_watch"),
    path("listing/<uuid:public_id>/buy/", buying.buy, name="buy_now"),
    path("listing/<uuid:public_id>/cart/", buying.add_to_cart, name="add_to_cart"),
    path("listing/<uuid:public_id>/offer/", dealing.make_offer, name="make_offer"),
    path("listing/<uuid:public_id>/close/", dealing.close_auction, name="close_auction"),
    path("listing/<uuid:public_id>/end/", selling.end, name="end_listing"),
    path("listing/<uuid:public_id>/relist/", selling.relist_again, name="relist"),
    path("cart/", buying.cart, name="cart"),
    path("cart/<int:pk>/", buying.change_cart_item, name="change_cart_item"),
    path("cart/check-out/", buying.check_out, name="check_out"),
    path("my/listings/", selling.my_listings, name="my_listings"),
    path("my/watchlist/", buying.watchlist_page, name="watchlist"),
    path("my/orders/", dealing.orders, name="orders"),
    path("my/orders/<uuid:public_id>/refund/", dealing.refund, name="refund_order"),
    path("my/offers/", dealing.offers, name="offers"),
    re_path(
        r"^my/offers/(?P<pk>[0-9]{1,18})/(?P<decision>accept|decline|withdraw)/$",
        dealing.decide_offer,
        name="decide_offer",
    ),
]
