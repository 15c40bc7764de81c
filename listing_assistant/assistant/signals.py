"""News for the layers above the assistant. Sent inside the transaction that made it true."""

from django.dispatch import Signal

# kwargs: analysis — all its steps are stored
analysis_finished = Signal()
# kwargs: listing — a run over everything for sale has added suggestions to it
suggestions_added = Signal()
