"""Is this the same photo? `prints` finds candidates by hash, `alignment` compares their pixels."""
