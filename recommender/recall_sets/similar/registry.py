"""Which recall sets similar items have. A new one is a small file and one line here."""

from __future__ import annotations

from recommender.recall_sets.base import RecallSet
from recommender.recall_sets.similar.co_viewed import CoViewed
from recommender.recall_sets.similar.fresh import Fresh
from recommender.recall_sets.similar.joint import Joint
from recommender.recall_sets.similar.promoted import Promoted
from recommender.recall_sets.similar.same_product import SameProduct
from recommender.recall_sets.similar.sellers_style import SellersStyle
from recommender.recall_sets.similar.surroundings import Surroundings
from recommender.recall_sets.similar.text import Text


def similar_sets(around: Surroundings) -> list[RecallSet]:
    """All of them, the one whose word tells most of a candidate first."""
    return [
        SameProduct(around),
        Joint(around),
        Text(around),
        CoViewed(around),
        SellersStyle(around),
        Promoted(around),
        Fresh(around),
    ]
