"""The default engine: from facts to sentences.

In reading order: planning, slots, patterns, phrases, wording, openings, choice, drafts, revisions.
"""
