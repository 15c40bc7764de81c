"""The numbers by which a strip of similar items is made: people's, or those of an experiment."""

from __future__ import annotations

from dataclasses import dataclass

from recommender import policy

IN_SERVICE = ""
BY_SIMILARITY = "similarity"


@dataclass(frozen=True)
class Recipe:
    """`ranker` is a release, IN_SERVICE, or BY_SIMILARITY for none. The rest as in policy.py."""

    ranker: str = IN_SERVICE
    ad_weight: float = policy.AD_WEIGHT
    most_relevance_loss: float = policy.MOST_RELEVANCE_LOSS
    most_of_seller: int = policy.MOST_OF_A_SELLER
    relevance_share: float = policy.RELEVANCE_SHARE
    exploration_share: float = policy.EXPLORATION_SHARE
