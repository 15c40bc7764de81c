"""What may be like a seed: one file for each way to find it, one interface (../base.py)."""
