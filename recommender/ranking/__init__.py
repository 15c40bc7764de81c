"""The ranker: trained on what was shown and done, in service, watched."""
