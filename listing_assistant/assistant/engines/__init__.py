"""Which engine writes descriptions here, and what it may spend."""
