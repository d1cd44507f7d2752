"""What PyInstaller cannot see of `trtx`: its modules are imported when a name of theirs is first used."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("trtx", filter=lambda name: not name.startswith("trtx._pyinstaller"))
