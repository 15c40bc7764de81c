"""What the project knows of each language that it writes: one pack (a YAML file) a language."""

from ml.description.languages.loading import known_languages, language
from ml.description.languages.pack import Language, LanguageError, PackError, slots_of

__all__ = [
    "Language",
    "LanguageError",
    "PackError",
    "known_languages",
    "language",
    "slots_of",
]
