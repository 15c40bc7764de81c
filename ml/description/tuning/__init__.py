"""LoRA on a model that sees: lessons from listings, training, a report of before and after."""
