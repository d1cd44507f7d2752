"""`trtx` beside NVIDIA's Python package, name by name and keyword by keyword; and beside the C functions."""
