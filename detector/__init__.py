"""The reading: samples in, beats, rhythm, quality and explanations out."""
