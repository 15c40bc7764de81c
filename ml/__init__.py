"""The models: numpy, torch, faiss. No Django, no Celery. A map, in reading order.

records      what comes in: frozen dataclasses, readers of the data layouts
artefacts    what a saved model is, and the three ways in which loading one fails
fitting      the training loop that every model shares
encoders     pictures and words to vectors: bundled weights, hub tags, local folders
index        nearest neighbours of a vector: exact; index_snapshot: a million in a mapped file and
             what changed since; index_pgvector: in the database
two_tower    one vector for a whole item: what is alike, what goes with it
mismatch     does the photo show what the title says
item_space   the vectors of two_tower, for models of other folders that read whole items
deeprecs     what goes with an item, from the words of both; by its look, where it reads vectors
photo_space  the vectors of mismatch, for models of other folders that train on photos
taclr        attribute values by retrieval from a taxonomy
category     where in a taxonomy a listing belongs, by the same retrieval over paths
description  a draft in which every claim has a source

In every model folder: `model.py` (config and forward pass), `fit.py` (records to artefact),
`predict.py` (artefact to answers), `evaluate.py` (metrics on a labelled set).
`predict.py` never imports `fit.py`; model folders do not import each other.
"""
