"""Lives of parsers in processes of their own, where a crash fails the test: orders of ends, cycles, forks, versions."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.helpers import libraries
from tests.helpers.process import python_path

pytest.importorskip("numpy")
pytest.importorskip("onnx")

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, version: str | None = None, *arguments: str) -> str:
    """Run code in a process of its own, where a crash is a failure of the test and not its end."""
    environment = {**os.environ, "PYTHONPATH": python_path(), "PYTHONFAULTHANDLER": "1", "MALLOC_PERTURB_": "165"}
    if version is not None:
        folder = libraries.library(version)
        if folder is None:
            pytest.skip(f"version {version} is missing; fetch it with: python -m tests.helpers.libraries")
        environment["TRTX_LIBRARY"] = str(folder)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stdout[-300:]}\n{done.stderr[-3000:]}"
    return done.stdout


ORDERS = """
    import itertools, gc, sys
    import trtx
    from tests.trtx.test_onnx_parser import GOOD, UNSUPPORTED

    for how in ("close", "drop"):
        for order in itertools.permutations(("logger", "builder", "network", "parser")):
            for model in (None, GOOD, UNSUPPORTED):
                print(how, order, "nothing" if model is None else len(model), flush=True)
                logger = trtx.Logger(trtx.Severity.ERROR, lambda severity, message: None)
                builder = trtx.Builder(logger)
                network = builder.create_network()
                parser = trtx.OnnxParser(network)
                if model is not None:
                    try:
                        parser.parse(model)
                    except trtx.ParserError:
                        assert model is UNSUPPORTED
                objects = {"logger": logger, "builder": builder, "network": network, "parser": parser}
                del logger, builder, network, parser
                for name in order:
                    if how == "close":
                        objects[name].close()
                    else:
                        del objects[name]
                del objects
                gc.collect()
    print("done")
"""


@pytest.mark.parametrize("version", [None, *libraries.SUPPORTED])
def test_every_order_of_ends(native_library, version):
    assert run(ORDERS, version).endswith("done\n")


def test_ends_in_a_reference_cycle_and_at_exit(native_library):
    for order in itertools.permutations(range(3)):
        code = f"""
            import gc
            import trtx
            from tests.trtx.test_onnx_parser import GOOD

            def make():
                logger = trtx.Logger(trtx.Severity.ERROR)
                network = trtx.Builder(logger).create_network()
                parser = trtx.OnnxParser(network)
                parser.parse(GOOD)
                return [logger, network, parser]

            cycle = make()
            cycle = [cycle[i] for i in {order}]
            cycle.append(cycle)
            del cycle
            gc.collect()
            from trtx._core.handle import live_handles
            assert live_handles() == [], live_handles()
            kept = make()
            kept.append(kept)
            print("done")
        """
        assert run(code) == "done\n"


@pytest.mark.parametrize("version", libraries.SUPPORTED)
def test_other_versions(version):
    code = """
        import sys
        import trtx
        from tests.trtx.test_onnx_parser import GOOD, LIGHT, UNSUPPORTED

        assert str(trtx.library_version()) == sys.argv[1]
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR, lambda severity, message: None))
        for path in LIGHT:
            network = builder.create_network()
            trtx.OnnxParser(network).parse_from_file(path)
            assert network.num_outputs == 1, path
        parser = trtx.OnnxParser(builder.create_network())
        assert parser.supports_model(GOOD).supported
        assert not parser.supports_model(UNSUPPORTED).supported
        try:
            parser.parse(UNSUPPORTED)
        except trtx.ParserError as error:
            assert "'culprit' (Frobnicate)" in str(error), error
            print("done")
    """
    assert run(code, version, version) == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_leaves_native_objects_alone(native_library):
    code = """
        import os
        import trtx
        from tests.trtx.test_onnx_parser import GOOD

        network = trtx.Builder(trtx.Logger(trtx.Severity.ERROR)).create_network()
        parser = trtx.OnnxParser(network)
        parser.parse(GOOD)
        native = network._keep["onnx_parser"]
        pid = os.fork()
        if pid == 0:
            assert parser.is_closed and network.is_closed
            del parser, network, native
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert parser.num_errors == 0
        print("done")
    """
    assert run(code) == "done\n"
