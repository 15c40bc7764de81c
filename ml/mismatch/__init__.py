"""Does the photo show what the title says? `predict` answers, `evaluate` measures, `fit` learns."""
