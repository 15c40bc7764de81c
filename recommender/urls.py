from django.urls import path

from recommender import views

urlpatterns = [
    path("similar/<uuid:public_id>/", views.similar_strip, name="similar_strip"),
]
