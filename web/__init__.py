"""The screen: ward and bed, in a browser."""
