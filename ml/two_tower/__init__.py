"""One vector for a whole item: title and photos in, a unit row out; what is like it lies near."""
