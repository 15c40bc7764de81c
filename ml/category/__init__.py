"""Category suggestion: the listing is retrieved against sentences about category paths.

`taxonomy` and `words` read categories and titles, `model` is the tower, `corpus` what it learns
from, `fit` and `evaluate` make and measure it, `predict` answers.
"""
