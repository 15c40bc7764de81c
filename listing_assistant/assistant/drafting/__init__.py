"""Drafts of descriptions and titles: asked for, written by a worker, looked at, gone back through.

facts        what a draft of a listing may say
inference    the door to `ml.description`
wishes       length, tone and language: the listing's, and the seller's default
versions     the drafts of a listing in order, and which is looked at
passages     the shown text sentence by sentence, with what each stands on
step         the pipeline's own first version, and a title
jobs         requests for a version: started once, done once
writing      what a worker does with one
streaming    the text so far, while it is being written
titles       the suggested title beside the seller's
section      what the editor shows of all this
"""
