"""What buyers did, what was made of it, the vectors of what is for sale, the models in service."""

from .aggregates import AggregateKind, AggregateRow, AggregationRun, CategoryOverride
from .events import BehaviourEvent, EventKind, Impression
from .releases import ModelRelease, ReleaseChange
from .vectors import EmbeddingRelease, ItemEmbedding, PhotoEmbedding

__all__ = [
    "AggregateKind",
    "AggregateRow",
    "AggregationRun",
    "BehaviourEvent",
    "CategoryOverride",
    "EmbeddingRelease",
    "EventKind",
    "Impression",
    "ItemEmbedding",
    "ModelRelease",
    "PhotoEmbedding",
    "ReleaseChange",
]
