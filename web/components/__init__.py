"""Parts of pages, and the figures."""
