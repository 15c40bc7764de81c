"""Where the items of a strip come from: one file a recall set, one interface (base.py)."""
