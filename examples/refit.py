"""New weights for an engine, without building it again.

python examples/refit.py
"""

from __future__ import annotations

from small import QUIET, Model, cannot_run, new_stream

import trtx


def main() -> None:
    old, new = Model(seed=1), Model(seed=2)
    stream = new_stream()
    try:
        plan = old.build(flags=[trtx.BuilderFlag.REFIT])
    except trtx.BuilderError as error:
        if "CUDA error 222" not in str(error):
            raise
        cannot_run(f"a driver for this library is missing, or the library for CUDA 12: {error}")
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    x = old.inputs(4)
    old.check(x, old.run(context, x, stream))

    refitter = trtx.Refitter(engine, QUIET)
    names = sorted(refitter.get_all_weights())
    for name in names:
        refitter.set_named_weights(name, getattr(new, name))
    refitter.refit_cuda_engine()
    context = engine.create_execution_context()
    new.check(x, new.run(context, x, stream))
    print(f"ok: the weights {', '.join(names)} were replaced, results are those of the new ones")


if __name__ == "__main__":
    main()
