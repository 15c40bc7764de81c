"""One list out of what the recall sets found: by learnt weights, or by people's trust in them."""

from .merge import merge

__all__ = ["merge"]
