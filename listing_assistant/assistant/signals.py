"""News for the layers above the assistant. Sent inside the transaction that made it true."""

from django.dispatch import Signal

# kwargs: analysis — all its steps are stored
analysis_finished = Signal()
