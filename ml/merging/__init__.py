"""One list out of several recall sets: what each set's place, score and support are worth.

Read model.py (what is looked at), then fit.py (how the worth is learnt), predict.py, evaluate.py.
"""
