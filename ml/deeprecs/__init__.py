"""DeepRecs: what goes with an item, from the words of both (Galron et al. 2018)."""
