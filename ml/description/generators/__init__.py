"""Engines that write: each one file, one interface (`base.py`), one contract test."""
