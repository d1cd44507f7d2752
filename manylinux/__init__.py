"""Makes the wheel that is given to users; not installed."""
