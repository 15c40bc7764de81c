from django.urls import path

from recommender import bundle_views, hidden_views, ranked_views, views

urlpatterns = [
    path("similar/<uuid:public_id>/", ranked_views.similar, name="similar_strip"),
    path("complementary/<uuid:public_id>/", views.complementary_strip, name="complementary_strip"),
    path("complementary/<uuid:public_id>/bundle/", bundle_views.add, name="add_bundle"),
    path("bundle/", bundle_views.added, name="bundle_added"),
    path("bundle/undo/", bundle_views.undo, name="undo_bundle"),
    path("attention/<uuid:public_id>/", views.attention, name="attention"),
    path("cart/", views.cart_strip, name="cart_strip"),
    path("picked/", ranked_views.picked, name="picked_strip"),
    path("because/", ranked_views.because, name="because_strips"),
    path("hidden/", hidden_views.hidden, name="hidden_items"),
    path("hidden/<uuid:public_id>/", hidden_views.hide, name="hide_item"),
    path("hidden/<uuid:public_id>/undo/", hidden_views.show_again, name="show_item_again"),
]
