"""What recommendations are worth, measured on purchases that were held out: how, and as a page.

Reading order: measures.py (the figures, pure functions) · replay.py (the marketplace as it was on
the day of the cut) · occasions.py (who looked at what, and bought what afterwards) · asking.py
(what each recall set answers, and a strip made of them) · figures.py (all of it in one report) ·
findings.py (what to look at, in words) · page.py with plots.py · services.py (runs).
"""
