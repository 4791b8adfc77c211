"""Tables of events (TCEs, KOIs, TOIs): read, renamed, labelled."""
