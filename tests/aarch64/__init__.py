"""Builds the wheel for aarch64 on another machine, and runs it there under QEMU: ``make aarch64``."""
