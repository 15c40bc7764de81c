"""Trained models: registered, compared, put in service, taken back."""
