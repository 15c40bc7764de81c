"""What recommendations are worth, measured on purchases that were held out: how, and as a page.

Reading order: measures.py (the figures, pure functions) · replay.py (the marketplace as it was on
the day of the cut) · occasions.py (who looked at what, and bought what afterwards) · asking.py (what
each recall set and the merge answer) · figures.py (all of it as one report) · page.py with plots.py.
"""
