"""Finding and loading the native library: every step, and the errors that teach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.libraries import REFUSED, SUPPORTED, library
from tests.helpers.process import run_python

SHOW_ERROR = """
import trtx_sys
try:
    print(trtx_sys.load({argument}))
except trtx_sys.LibraryNotFoundError as error:
    print(error)
"""


def folder(version: str) -> Path:
    found = library(version)
    if found is None:
        pytest.skip(f"TensorRT-RTX {version} is missing: run python -m tests.helpers.libraries")
    return found


@pytest.mark.parametrize("version", SUPPORTED)
def test_same_extension_loads_every_version(version: str) -> None:
    result = run_python(
        "import trtx; print(trtx.library_version(), trtx.library_path())",
        environment={"TRTX_LIBRARY": str(folder(version))},
    )
    assert result.stdout.split() == [version, str((folder(version) / "libtensorrt_rtx.so.1").resolve())]


@pytest.mark.parametrize("version", SUPPORTED)
def test_same_extension_builds_on_every_version(version: str) -> None:
    result = run_python(
        """
        import trtx
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (1, 8))
        network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
        plan = builder.build_serialized_network(network, builder.create_config())
        print(plan.nbytes > 10000)
        try:
            print(builder.create_config().build_route)
        except trtx.UnsupportedError as error:
            print(error)
        """,
        environment={"TRTX_LIBRARY": str(folder(version))},
    )
    lines = result.stdout.splitlines()
    assert lines[0] == "True"
    if version.startswith("1.5"):
        assert "1.6" in lines[1], lines[1]
        assert "1.5.0.114" in lines[1], lines[1]


def test_too_old_version_is_refused_and_both_versions_are_named() -> None:
    result = run_python(SHOW_ERROR.format(argument=""), environment={"TRTX_LIBRARY": str(folder(REFUSED))})
    assert REFUSED in result.stdout
    assert "1.5" in result.stdout
    assert "Found(" not in result.stdout


def test_explicit_path_wins_over_the_environment() -> None:
    path = folder("1.5.0.114")
    result = run_python(
        f"import trtx_sys; print(trtx_sys.load({str(path)!r}))",
        environment={"TRTX_LIBRARY": str(folder("1.6.1.120"))},
    )
    assert "1.5.0.114" in result.stdout
    assert "the path given" in result.stdout


def test_sdk_root_is_searched(tmp_path: Path) -> None:
    (tmp_path / "lib").symlink_to(folder("1.6.1.120"))
    result = run_python(
        "import trtx_sys; print(trtx_sys.find())",
        environment={"TRTX_LIBRARY": None, "TENSORRT_RTX_ROOT": str(tmp_path)},
    )
    assert "found_via='TENSORRT_RTX_ROOT'" in result.stdout


def test_pip_package_is_searched(tmp_path: Path) -> None:
    package = tmp_path / "tensorrt_rtx_libs"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "libtensorrt_rtx.so.1").touch()
    result = run_python(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import trtx_sys; print(trtx_sys.find())",
        environment={"TRTX_LIBRARY": None, "TENSORRT_RTX_ROOT": None},
    )
    assert str(package) in result.stdout
    assert "pip package" in result.stdout


def test_a_miss_lists_every_place_and_the_next_action() -> None:
    result = run_python(
        """
        import importlib.machinery, trtx_sys
        importlib.machinery.PathFinder.find_spec = lambda name: None  # as if the pip package were not installed
        try:
            trtx_sys.load()
        except trtx_sys.LibraryNotFoundError as error:
            print(error)
        """,
        environment={"TRTX_LIBRARY": None, "TENSORRT_RTX_ROOT": None, "LD_LIBRARY_PATH": None},
    )
    for words in (
        "TRTX_LIBRARY",
        "TENSORRT_RTX_ROOT",
        "tensorrt_rtx_libs",
        "system's loader",
        "pip install tensorrt-rtx-cu13-libs",
    ):
        assert words in result.stdout


def test_what_the_environment_names_must_be_there(tmp_path: Path) -> None:
    result = run_python(SHOW_ERROR.format(argument=""), environment={"TRTX_LIBRARY": str(tmp_path / "nowhere")})
    assert str(tmp_path / "nowhere") in result.stdout
    assert "no such file" in result.stdout


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "libtensorrt_rtx.so.1"
    file.write_text("not a library")
    result = run_python(SHOW_ERROR.format(argument=repr(str(file))))
    assert str(file) in result.stdout
    assert "Found(" not in result.stdout


def test_another_library_is_refused() -> None:
    import ctypes.util

    other = ctypes.util.find_library("m")
    result = run_python(
        f"""
        import trtx_sys
        from trtx_sys import ffi, lib
        print(lib.trtx_load({other!r}.encode()) == lib.TRTX_LOAD_FAILED, lib.trtx_last_error())
        """
    )
    assert result.stdout.startswith("True")
    assert "getInferLibVersion" in result.stdout


def test_two_libraries_in_one_process_are_refused() -> None:
    result = run_python(
        f"""
        import trtx
        trtx.load_library({str(folder("1.6.1.120"))!r})
        trtx.load_library({str(folder("1.6.1.120"))!r})  # the same again is fine
        try:
            trtx.load_library({str(folder("1.5.0.114"))!r})
        except trtx.LibraryError as error:
            print(error)
        print(trtx.library_version())
        """
    )
    assert "1.6.1.120" in result.stdout
    assert "1.5.0.114" in result.stdout
    assert result.stdout.splitlines()[-1] == "1.6.1.120"


def test_calls_before_loading_say_so() -> None:
    result = run_python(
        """
        from trtx_sys import ffi, lib
        callbacks = ffi.new("trtx_logger_callbacks *")
        logger = ffi.new("trtx_logger **")
        assert lib.trtx_logger_create(callbacks, ffi.NULL, logger) == 0
        builder = ffi.new("trtx_builder **")
        print(lib.trtx_builder_create(logger[0], builder) == lib.TRTX_NOT_LOADED)
        print(lib.trtx_last_error())
        """
    )
    assert result.stdout.startswith("True")
    assert "trtx_load" in result.stdout


def test_importing_loads_no_library_no_numpy_no_cuda() -> None:
    result = run_python(
        """
        import sys, trtx
        print([name for name in ("numpy", "cuda", "onnx", "ml_dtypes", "torch") if name in sys.modules])
        print(any("tensorrt_rtx" in line for line in open("/proc/self/maps")))
        """
    )
    assert result.stdout.split("\n")[:2] == ["[]", "False"]


def test_sources_and_headers_can_be_found() -> None:
    import trtx_sys

    assert (Path(trtx_sys.get_include()) / "trtx_c.h").is_file()
    assert (Path(trtx_sys.get_source_dir()) / "loader.cpp").is_file()


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search as it is on Windows; loading is another matter."""
    from trtx_sys import _find

    monkeypatch.setattr(_find, "NAMES", _find.WINDOWS)
    monkeypatch.delenv("TRTX_LIBRARY", raising=False)
    monkeypatch.delenv("TENSORRT_RTX_ROOT", raising=False)
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda name: None)


def files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.usefixtures("windows")
def test_on_windows_the_newest_version_is_taken_and_import_libraries_are_not(tmp_path: Path) -> None:
    from trtx_sys import _find

    names = [f"{stem}_1_{minor}.{end}" for stem in ("tensorrt_rtx", "tensorrt_onnxparser_rtx") for minor in (9, 10)
             for end in ("dll", "lib", "pdb")]  # fmt: skip
    folder = files(tmp_path, *names, "tensorrt_rtx_2_0.dll")
    assert _find.find(folder).path == str(folder / "tensorrt_rtx_1_10.dll")
    assert _find.find_onnx_parser(folder).path == str(folder / "tensorrt_onnxparser_rtx_1_10.dll")
    files(tmp_path / "capitals", "TensorRT_RTX_1_6.DLL")
    assert _find.find(tmp_path / "capitals").path.endswith("TensorRT_RTX_1_6.DLL")


@pytest.mark.usefixtures("windows")
def test_on_windows_an_sdk_has_its_dlls_in_bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trtx_sys import _find

    files(tmp_path / "lib", "tensorrt_rtx_1_6.lib")
    expected = files(tmp_path / "bin", "tensorrt_rtx_1_6.dll") / "tensorrt_rtx_1_6.dll"
    monkeypatch.setenv("TENSORRT_RTX_ROOT", str(tmp_path))
    assert _find.find() == (str(expected), "TENSORRT_RTX_ROOT")


@pytest.mark.usefixtures("windows")
def test_on_windows_path_is_searched_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from trtx_sys import _find

    empty, second = tmp_path / "empty", files(tmp_path / "second", "tensorrt_rtx_1_6.dll")
    monkeypatch.setenv("PATH", os.pathsep.join((str(empty), "", str(second))))
    assert _find.find() == (str(second / "tensorrt_rtx_1_6.dll"), "PATH")
    monkeypatch.setenv("PATH", str(empty))
    with pytest.raises(_find.LibraryNotFoundError, match=r"PATH: no tensorrt_rtx_1_\*\.dll in any of its folders"):
        _find.find()


def test_names_are_ranked_and_other_majors_left_alone(tmp_path: Path) -> None:
    from trtx_sys import _find

    for name in ("libtensorrt_rtx.so.2", "libtensorrt_rtx.so.1.5.0", "libtensorrt_rtx.so.1.10.0"):
        files(tmp_path, name)
    assert _find.find(tmp_path).path.endswith(".so.1.10.0")
    files(tmp_path, "libtensorrt_rtx.so")
    assert _find.find(tmp_path).path.endswith("_rtx.so")
    files(tmp_path, "libtensorrt_rtx.so.1")
    assert _find.find(tmp_path).path.endswith("_rtx.so.1")
