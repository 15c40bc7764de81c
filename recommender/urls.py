from django.urls import path

from recommender import bundle_views, views

urlpatterns = [
    path("similar/<uuid:public_id>/", views.similar_strip, name="similar_strip"),
    path("complementary/<uuid:public_id>/", views.complementary_strip, name="complementary_strip"),
    path("complementary/<uuid:public_id>/bundle/", bundle_views.add, name="add_bundle"),
    path("bundle/", bundle_views.added, name="bundle_added"),
    path("bundle/undo/", bundle_views.undo, name="undo_bundle"),
    path("attention/<uuid:public_id>/", views.attention, name="attention"),
    path("cart/", views.cart_strip, name="cart_strip"),
]
