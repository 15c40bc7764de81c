"""Complements by trained models: DeepRecs, and what suits by its look.

Read inference.py first (a seed's best complements), then snapshot.py (where candidates' vectors are
kept), building.py (when they are made anew), training.py (from purchases to a candidate model).
"""
