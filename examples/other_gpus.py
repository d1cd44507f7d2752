"""An engine for other GPUs than the one at hand, or on a machine that has none.

    python examples/other_gpus.py

Kernels are compiled on the user's machine, so one engine serves all GPUs of the kinds that it was built for.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from small import QUIET, Model, new_stream

import trtx
import trtx.cuda

TARGETS = (trtx.ComputeCapability.SM86, trtx.ComputeCapability.SM89, trtx.ComputeCapability.SM120)


def main() -> None:
    model = Model()

    def configure(config: trtx.BuilderConfig) -> None:
        config.compute_capabilities = TARGETS
        assert config.compute_capabilities == TARGETS

    plan = model.build(configure=configure)
    runtime = trtx.Runtime(QUIET)
    names = ", ".join(target.name for target in TARGETS)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.engine"
        plan.save(file)
        header = file.read_bytes()[: runtime.engine_header_size]  # as much tells whether an engine fits a machine
        size = file.stat().st_size
        problem = trtx.cuda.why_unavailable()
        if problem is not None:
            print(f"ok: {size:,} bytes for {names}; not tried here: {problem}")
            return
        report = runtime.get_engine_validity(header)
        if report.validity is trtx.EngineValidity.INVALID:
            reasons = ", ".join(str(reason.name) for reason in report.diagnostics)
            print(f"ok: {size:,} bytes for {names}; this GPU is none of them: {reasons}")
            return
        engine = runtime.deserialize_cuda_engine(file)
        stream = new_stream()
        x = model.inputs(4)
        model.check(x, model.run(engine.create_execution_context(), x, stream))
    print(f"ok: {size:,} bytes for {names}; it runs on this GPU")


if __name__ == "__main__":
    main()
