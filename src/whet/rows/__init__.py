"""Messages as token rows: rendering and masks, segments, prefix trees, packing, attention."""
