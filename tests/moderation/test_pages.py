from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.moderation import services
from listing_assistant.moderation.models import Case

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["moderation_queue", "moderation_next"])
def test_the_queue_is_for_moderators(client, alice, mona, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(alice)
    assert client.get(reverse(name)).status_code == 403
    client.force_login(mona)
    assert client.get(reverse(name)).status_code in (200, 302)


def test_the_queue_shows_listing_reason_and_risk(client, mona, case):
    client.force_login(mona)
    page = client.get(reverse("moderation_queue")).content.decode()
    assert "Running shoes" in page
    assert "It shows a lamp" in page
    assert "risk 0.90" in page


def test_an_empty_queue_says_so(client, mona):
    client.force_login(mona)
    assert b"Nothing waits for a decision" in client.get(reverse("moderation_queue")).content


def test_a_case_underlines_the_word_that_disagrees(client, mona, live_listing, mismatch_in):
    found = mismatch_in(live_listing, 0.85)
    case = services.review_listing(listing=live_listing)
    assert case.suggestion == found
    client.force_login(mona)
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    assert ">Running<span" in page and "</mark> shoes" in page


def test_case_and_queue_frame_the_part_of_the_photo_that_was_compared(
    client, mona, live_listing, mismatch_in
):
    found = mismatch_in(live_listing, 0.85)
    photo = live_listing.photos.first()
    found.evidence.create(
        kind="photo",
        photo=photo,
        seen_image=photo.image_id,
        weight=0.85,
        left=0.5,
        top=0.5,
        right=1,
        bottom=1,
    )
    found.value["counterfactual"] = {"words": ["Running"], "verdict": "match"}
    found.save()
    case = services.review_listing(listing=live_listing)
    client.force_login(mona)
    for address in (reverse("moderation_case", args=[case.pk]), reverse("moderation_queue")):
        page = client.get(address).content.decode()
        assert page.count('class="frame__line"') == 1
        assert "the bottom right of the photo" in page
        assert ">Running<span" in page
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    assert "Without “Running” the warning clears." in page
    assert "85% doubt" in page


def test_the_queue_takes_as_many_queries_for_two_cases_as_for_one(
    client, mona, live_listing, mismatch_in, django_assert_max_num_queries
):
    mismatch_in(live_listing, 0.85)
    services.review_listing(listing=live_listing)
    client.force_login(mona)
    with django_assert_max_num_queries(20) as once:
        client.get(reverse("moderation_queue"))
    other = Case.objects.get()
    Case.objects.create(
        listing=live_listing, kind="report", risk=0.5, reason="x", suggestion=other.suggestion
    )
    with django_assert_max_num_queries(len(once)):
        client.get(reverse("moderation_queue"))


def test_a_title_with_markup_stays_text(client, mona, case, live_listing):
    type(live_listing).objects.update(title="<script>alert(1)</script>")
    client.force_login(mona)
    page = client.get(reverse("moderation_case", args=[case.pk])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_deciding_on_the_page_goes_on_to_the_next_case(client, mona, case, live_listing, alice):
    other = Case.objects.create(listing=live_listing, kind="report", risk=0.5, reason="scam")
    client.force_login(mona)
    answer = client.post(
        reverse("moderation_decide", args=[case.pk]), {"action": "return", "code": "wrong_photo"}
    )
    assert answer["Location"] == reverse("moderation_case", args=[other.pk])
    live_listing.refresh_from_db()
    assert live_listing.state_reason == "The photo shows another thing than the title says."


def test_a_decision_without_reason_is_explained_on_the_page(client, mona, case):
    client.force_login(mona)
    decide = reverse("moderation_decide", args=[case.pk])
    page = client.post(decide, {"action": "remove"}, follow=True)
    assert b"Give a reason" in page.content


def test_the_last_decision_can_be_undone_from_the_queue(client, mona, case, live_listing):
    decision = services.decide_case(case=case, moderator=mona, action="remove", reason="x")
    client.force_login(mona)
    undo = reverse("moderation_undo", args=[decision.pk])
    assert undo.encode() in client.get(reverse("moderation_queue")).content
    client.post(undo)
    live_listing.refresh_from_db()
    assert live_listing.state == "live"


def test_the_seller_reads_the_reason_and_appeals(client, alice, mona, case, live_listing):
    decision = services.decide_case(case=case, moderator=mona, action="remove", reason="A fake.")
    client.force_login(alice)
    notice = client.get(reverse("moderation_notice", args=[live_listing.public_id]))
    assert b"A fake." in notice.content
    appeal = reverse("moderation_appeal", args=[decision.pk])
    assert appeal.encode() in notice.content
    assert client.post(appeal, {"text": ""}).status_code == 400
    assert client.post(appeal, {"text": "It is real."}).status_code == 302
    assert Case.objects.filter(kind="appeal", state="open").exists()


def test_a_stranger_sees_neither_notice_nor_appeal(client, charlie, mona, case, live_listing):
    decision = services.decide_case(case=case, moderator=mona, action="remove", reason="x")
    client.force_login(charlie)
    assert (
        client.get(reverse("moderation_notice", args=[live_listing.public_id])).status_code == 404
    )
    assert client.get(reverse("moderation_appeal", args=[decision.pk])).status_code == 404


def test_a_buyer_reports_a_listing(client, bob, live_listing):
    client.force_login(bob)
    report = reverse("report_listing", args=[live_listing.public_id])
    assert client.post(report, {"reason": "bogus"}).status_code == 400
    client.post(report, {"reason": "counterfeit"})
    assert Case.objects.get().kind == "report"
