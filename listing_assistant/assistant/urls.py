from django.urls import path, re_path

from .views import deciding, drafting, editor, photos, provenance, writing

urlpatterns = [
    path("", editor.new_listing, name="new_listing"),
    path("<uuid:public_id>/", editor.edit_listing, name="edit_listing"),
    path("<uuid:public_id>/assistant/", editor.news, name="assistant_news"),
    path("<uuid:public_id>/save/", writing.save, name="save_field"),
    path("<uuid:public_id>/categories/", writing.categories, name="find_category"),
    path("<uuid:public_id>/publish/", writing.publish, name="publish_listing"),
    path("<uuid:public_id>/photos/", photos.add, name="add_photos"),
    path("<uuid:public_id>/photos/order/", photos.order, name="order_photos"),
    path("<uuid:public_id>/photos/restore/", photos.restore, name="restore_photo"),
    re_path(
        r"^(?P<public_id>[0-9a-f-]{36})/photos/(?P<pk>[0-9]{1,18})/"
        r"(?P<action>remove|rotate|earlier|later)/$",
        photos.change,
        name="change_photo",
    ),
    path("<uuid:public_id>/accept-all/", deciding.accept_all, name="accept_all"),
    path("<uuid:public_id>/undo-all/", deciding.undo_all, name="undo_all"),
    path("<uuid:public_id>/retry/", deciding.retry, name="retry_analysis"),
    path("<uuid:public_id>/provenance/", provenance.provenance_of, name="provenance"),
    path("<uuid:public_id>/disclosure/", provenance.disclose, name="disclose_draft"),
    path("<uuid:public_id>/drafts/wishes/", drafting.wishes, name="draft_wishes"),
    re_path(
        r"^(?P<public_id>[0-9a-f-]{36})/drafts/(?P<way>back|forward)/$",
        drafting.go,
        name="go_to_version",
    ),
    path("<uuid:public_id>/drafts/<slug:task>/", drafting.start, name="start_draft"),
    path("<uuid:public_id>/condition-note/", drafting.note, name="condition_note"),
    re_path(
        r"^(?P<public_id>[0-9a-f-]{36})/suggestions/(?P<pk>[0-9]{1,18})/"
        r"(?P<action>accept|edit|reject|undo)/$",
        deciding.decide,
        name="decide_suggestion",
    ),
]
