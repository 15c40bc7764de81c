import pytest

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.inference import neighbours
from recommender.items.building import build_table
from recommender.models import ItemEmbedding
from recommender.similar.strip import SimilarSlot, similar_strip

from .conftest import eventually, on_circle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_ranker")]


def seller(number: int) -> User:
    """One of many, so that no strip has too much of one."""
    name = f"seller{number}"
    found, _ = User.objects.get_or_create(email=f"{name}@example.org", display_name=name)
    return found


@pytest.fixture
def elsewhere(category) -> Category:
    """A category of its own, so that nothing beside it can fill a strip."""
    return Category.objects.create(
        taxonomy=category.taxonomy, source_id="x", name="X", slug="x", path="X"
    )


@pytest.fixture
def seed(make_item, bob, elsewhere) -> Listing:
    return make_item(0, seller=bob, category=elsewhere)


def slots(seed: Listing, **options) -> list[SimilarSlot]:
    return similar_strip(seed, **options).slots


def found(seed: Listing, **options) -> list[Listing]:
    shown = [slot.listing_id for slot in slots(seed, **options)]
    rows = Listing.objects.in_bulk(shown)
    return [rows[pk] for pk in shown]


def test_the_most_alike_come_first_and_say_how_alike(seed, make_item):
    far, near = make_item(60), make_item(5)
    assert found(seed) == [near, far]
    said = [slot.sources["joint"].score for slot in slots(seed)]
    assert said == pytest.approx([0.9962, 0.5], abs=2e-3)


def test_a_listing_is_not_like_itself(seed, make_item):
    make_item(5)
    assert seed not in found(seed)


def test_the_same_seller_is_beside_with_a_few_things_and_no_more(seed, make_item, bob):
    own = {make_item(degrees, seller=bob).pk for degrees in range(1, 9)}
    others = {make_item(50 + degrees, seller=seller(degrees)).pk for degrees in range(20)}
    shown = {slot.listing_id for slot in slots(seed)}
    assert len(shown & own) == policy.MOST_OF_A_SELLER
    assert len(shown & others) == policy.STRIP_SIZE - policy.MOST_OF_A_SELLER


def test_nobody_is_shown_their_own_things(seed, make_item, alice, bob):
    own, other = make_item(1, seller=alice), make_item(50, seller=bob)
    assert found(seed, viewer_id=alice.pk) == [other]
    assert found(seed) == [own, other]


@pytest.mark.parametrize("state", [s for s in State if s != State.LIVE])
def test_what_cannot_be_bought_is_gone_at_once(seed, make_item, state):
    gone, other = make_item(1), make_item(50)
    assert found(seed) == [gone, other]
    Listing.objects.filter(pk=gone.pk).update(state=state)  # no news of it has reached the index
    assert found(seed) == [other]


def test_a_new_item_is_retrievable_within_five_seconds(seed, make_item):
    assert found(seed) == []
    new = make_item(5)
    assert eventually(lambda: found(seed) == [new], seconds=5)


def test_neighbours_are_found_behind_many_that_were_sold(seed, make_item):
    sold = [make_item(1) for _ in range(60)]
    other = make_item(80)
    Listing.objects.filter(pk__in=[item.pk for item in sold]).update(state=State.SOLD)
    assert found(seed, limit=3) == [other]


def test_no_more_than_the_limit_is_returned(seed, make_item):
    for degrees in range(10, 30):
        make_item(degrees, seller=seller(degrees))
    assert len(found(seed, limit=7)) == 7


def test_a_listing_without_a_vector_gets_the_newest_beside_it(make_listing, make_item, bob):
    seed = make_listing(seller=bob)
    older, newer = make_item(0), make_item(90)
    assert found(seed) == [newer, older]
    assert {slot.recall_set for slot in slots(seed)} == {"fresh"}


def test_places_that_likeness_cannot_fill_go_to_the_category(make_item, make_listing, bob):
    seed = make_item(0, seller=bob)
    near = make_item(10)
    unembedded = make_listing()
    assert found(seed) == [near, unembedded]


def test_a_draft_without_a_category_gets_an_empty_strip(make_listing, bob, make_item):
    make_item(0)
    assert found(make_listing(seller=bob, category=None)) == []


def test_a_missing_model_costs_no_strip(make_item, bob, settings, tmp_path):
    seed, other = make_item(0, seller=bob), make_item(90)
    (tmp_path / "artefacts" / "mismatch" / "config.json").write_text("{}")
    assert found(seed) == [other]


def test_a_corrupt_vector_of_the_seed_leaves_the_newest_beside(make_item, bob):
    seed, other = make_item(0, seller=bob), make_item(90)
    ItemEmbedding.objects.filter(listing=seed).update(vector=b"\x01\x02\x03")
    assert found(seed) == [other]
    assert slots(seed)[0].recall_set == "fresh"


def test_a_new_release_never_compares_with_vectors_of_the_old(make_item, release_models, release):
    make_item(1)
    assert release_models("second") != release
    assert neighbours(on_circle(0), k=5) == []


def test_strips_go_on_with_the_old_release_while_there_is_nothing_of_the_new(
    seed, make_item, release_models
):
    old = make_item(1)
    release_models("second")
    assert found(seed) == [old]


def test_neighbours_leave_out_what_is_excluded(make_item):
    first, second, third = make_item(1), make_item(2), make_item(3)
    assert [pk for pk, _ in neighbours(on_circle(0), k=2, exclude=[first.pk])] == [
        second.pk,
        third.pk,
    ]


def test_a_strip_of_any_length_takes_the_same_number_of_queries(
    seed, make_item, django_assert_max_num_queries
):
    for degrees in range(1, 25):
        make_item(degrees, seller=seller(degrees))
    build_table()
    slots(seed)
    # The indexes' news, experiments and what the item table does not know: the rest is in memory.
    with django_assert_max_num_queries(9):
        assert len(slots(seed)) == 12
