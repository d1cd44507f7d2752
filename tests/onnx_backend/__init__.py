"""ONNX's own backend tests, on `trtx` and on NVIDIA's package, test by test."""
