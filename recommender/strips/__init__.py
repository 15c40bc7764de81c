"""Strips of what goes with a listing, from the recall sets' proposals to what a page shows.

Read complementary.py first, then proposing.py, recalling.py, filtering.py, ladder.py.
"""
