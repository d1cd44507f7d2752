"""What PyInstaller cannot see of `trtx_sys`: cffi's runtime, and the native libraries that are loaded by name.

The libraries of the pip package ``tensorrt_rtx_libs`` go along where it is installed, into a folder of that name, where
they are looked for. A program without them names their place in the environment variable ``TRTX_LIBRARY``.
"""

from PyInstaller.utils.hooks import collect_dynamic_libs, is_package

hiddenimports = ["_cffi_backend"]
binaries = collect_dynamic_libs("trtx_sys")
if is_package("tensorrt_rtx_libs"):
    # Linux names libraries by version, and the loader asks for these names.
    patterns = ["*.dll", "*.dylib", "lib*.so", "lib*.so.*"]
    binaries += collect_dynamic_libs("tensorrt_rtx_libs", search_patterns=patterns)
