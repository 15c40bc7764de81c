"""What buyers did, what was made of it, the vectors of what is for sale, the models in service."""

from .aggregates import AggregateKind, AggregateRow, AggregationRun, CategoryOverride
from .events import (
    BehaviourEvent,
    Erasure,
    EventKind,
    Impression,
    RecentViewer,
    Source,
    StoredEventId,
)
from .experiments import (
    Experiment,
    ExperimentChange,
    ExperimentLayer,
    ExperimentReading,
    Exposure,
    RecipeDefault,
    Surface,
    UnitDay,
)
from .hidden import HiddenItem
from .profiles import ViewerProfile
from .ranking import DriftDay, ShadowChange, ShadowDay
from .releases import ModelRelease, ReleaseChange
from .reports import RecommendationReport
from .vectors import EmbeddingRelease, ItemEmbedding, PhotoEmbedding

__all__ = [
    "AggregateKind",
    "AggregateRow",
    "AggregationRun",
    "BehaviourEvent",
    "CategoryOverride",
    "DriftDay",
    "EmbeddingRelease",
    "Erasure",
    "EventKind",
    "Experiment",
    "ExperimentChange",
    "ExperimentLayer",
    "ExperimentReading",
    "Exposure",
    "HiddenItem",
    "Impression",
    "ItemEmbedding",
    "ModelRelease",
    "PhotoEmbedding",
    "RecentViewer",
    "RecipeDefault",
    "RecommendationReport",
    "ReleaseChange",
    "ShadowChange",
    "ShadowDay",
    "Source",
    "StoredEventId",
    "Surface",
    "UnitDay",
    "ViewerProfile",
]
