"""What PyInstaller cannot see of `trtx`: its modules, and CUDA's packages, are imported when they are first used."""

from PyInstaller.utils.hooks import collect_submodules, is_package

hiddenimports = collect_submodules("trtx", filter=lambda name: not name.startswith("trtx._pyinstaller"))
hiddenimports += [name for name in ("cuda.core", "cuda.bindings") if is_package(name)]
