"""Drafts of descriptions and titles: asked for, written by a worker, looked at, gone back through.

facts        what a draft of a listing may say
inference    the door to `ml.description`
wishes       length, tone and language: the listing's, and the seller's default
versions     the drafts of a listing in order, and which is looked at
passages     the shown text sentence by sentence, with what each stands on
jobs         a request for a version: started once, done once
streaming    the text so far, while it is being written
"""
