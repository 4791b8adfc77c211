"""Tables of events (TCEs, KOIs, TOIs): reading, canonical columns, labels."""
