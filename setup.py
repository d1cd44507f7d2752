"""Setuptools has no static form for cffi modules; all the rest is in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=["build_ffi.py:ffi"])
