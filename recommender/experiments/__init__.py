"""Experiments: who sees which arm, what came of it, and what may be believed of that."""
