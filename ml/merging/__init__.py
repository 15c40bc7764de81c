"""One list out of several recall sets: what each set's place, score and support are worth.

Read model.py (what is looked at), then fit.py (how the worth is learnt) and predict.py. It is
measured by benchmarks/complementary.py and, on a marketplace's own log, where it is trained.
"""
