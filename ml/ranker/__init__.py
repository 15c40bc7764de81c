"""The ranker of similar items: gradient-boosted trees that learn from every act of a buyer.

Read model.py (what goes in), labels.py and weighting.py (what an act says and how loudly), then
fit.py, tuning.py, predict.py and evaluate.py. booster.py serves trees without the training library.
"""
