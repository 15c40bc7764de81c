"""What a text claims, and what backs it. The doors are in `ml/description/grounding.py`."""
