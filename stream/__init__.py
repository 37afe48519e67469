"""The feed: how a heart signal gets in, and how everything travels."""
