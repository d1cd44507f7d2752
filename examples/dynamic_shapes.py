"""Open sizes: one engine for many batch sizes, with an optimization profile for small ones and one for large ones.

python examples/dynamic_shapes.py
"""

from __future__ import annotations

from small import QUIET, Model, new_stream

import trtx


def main() -> None:
    model = Model()
    stream = new_stream()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build((1, 1, 4), (5, 16, 64)))
    ranges = [engine.get_tensor_profile_shape("x", number) for number in range(engine.num_optimization_profiles)]
    context = engine.create_execution_context()
    for rows in (1, 4, 5, 64):
        # A context has one profile at a time; the change is made in the order of the stream.
        fitting = next(number for number, (least, _, most) in enumerate(ranges) if least[0] <= rows <= most[0])
        context.set_optimization_profile_async(fitting, stream)
        x = model.inputs(rows)
        model.check(x, model.run(context, x, stream))
    try:
        context.set_input_shape("x", (65, 64))
    except trtx.Error as error:
        print(f"65 rows are refused: {str(error).splitlines()[0]}")
    else:
        raise AssertionError("a shape outside of every profile was taken")

    # A session chooses the profile by itself.
    with trtx.Session(engine) as session:
        for rows in (3, 33):
            x = model.inputs(rows)
            model.check(x, session.run({"x": x})["y"])
    print(f"ok: 1 to 64 rows, {len(ranges)} profiles, results as numpy's")


if __name__ == "__main__":
    main()
