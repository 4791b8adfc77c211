"""Tables of events (TCEs, KOIs, TOIs): files, canonical columns and labels."""
