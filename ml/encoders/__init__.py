"""Pictures and words to unit vectors. Start with `registry`, the two functions that load one."""
