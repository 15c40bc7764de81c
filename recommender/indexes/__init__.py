"""Indexes of the vectors of what is for sale: made by `ml`, followed and rebuilt here."""
