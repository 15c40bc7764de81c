"""What the behaviour log says, counted offline: DuckDB on one machine, Spark on many.

Read in this order: engine.py (where it is counted), pairs.py (what goes with what), daily.py (a day
of events becomes facts), windows.py (facts of many days become tables), run.py (when, and what is
written down of it). engine, pairs and windows know nothing of Django.
"""
