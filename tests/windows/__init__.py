"""What can be compiled and run of the Windows side on another system: ``make windows-check``."""
