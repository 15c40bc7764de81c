from django.urls import path

from . import views

urlpatterns = [
    path("", views.queue, name="moderation_queue"),
    path("next/", views.next_in_queue, name="moderation_next"),
    path("case/<int:pk>/", views.case, name="moderation_case"),
    path("case/<int:pk>/decide/", views.decide, name="moderation_decide"),
    path("decision/<int:pk>/undo/", views.undo, name="moderation_undo"),
    path("decision/<int:pk>/appeal/", views.appeal, name="moderation_appeal"),
    path("listing/<uuid:public_id>/report/", views.report, name="report_listing"),
    path("listing/<uuid:public_id>/photos/", views.photo_notice, name="photo_notice"),
    path("listing/<uuid:public_id>/notice/", views.notice, name="moderation_notice"),
]
