"""The orders in which the objects of a program can end: all of them for each chain, by dropping and by close()."""

from __future__ import annotations

import pytest

from tests.lifetime.running import on_fake, on_real

#: Makes the objects of a chain, by name.
CHAINS = {
    "build": "build_side()",
    "run": "run_side()",
    "serialize": """serialize_side()""",
    "callbacks": """callback_side()""",
}

PROGRAM = """
def serialize_side():
    logger = trtx.Logger(trtx.Severity.VERBOSE, quiet)
    runtime = trtx.Runtime(logger)
    engine = runtime.deserialize_cuda_engine(plan())
    config = engine.create_serialization_config()
    memory = engine.serialize_with_config(config)
    return {"logger": logger, "runtime": runtime, "engine": engine, "config": config, "memory": memory,
            "view": memory.view()}


def callback_side():
    class Monitor(trtx.ProgressMonitor):
        pass
    monitor = Monitor()
    sink = lambda severity, message: None
    logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
    builder = trtx.Builder(logger)
    network = small_network(builder)
    config = builder.create_config()
    config.progress_monitor = monitor
    memory = builder.build_serialized_network(network, config)
    return {"monitor": monitor, "logger": logger, "builder": builder, "network": network, "config": config,
            "memory": memory}


#: What closing an object closes too; everything goes with its logger but host memory.
DEPENDENTS = {
    "builder": {"network", "parser", "tensor", "config", "profile"},
    "network": {"parser", "tensor"},
    "runtime": {"engine", "config", "cache", "context", "inspector"},
    "engine": {"config", "cache", "context", "inspector"},
    "cache": {"config", "context", "inspector"},
    "context": {"inspector"},
}
if CHAIN == "run":
    DEPENDENTS["config"] = {"context", "inspector"}
FREE = {"memory", "view", "monitor", "logger"}


def end(name, objects, how):
    thing = objects.pop(name)
    if how == "drop" or not hasattr(thing, "close"):
        if hasattr(thing, "release") and how == "close":
            thing.release()
        return
    thing.close()
    assert thing.is_closed
    gone = set(objects) - FREE if name == "logger" else DEPENDENTS.get(name, set()) & set(objects)
    for other in gone:
        assert objects[other].is_closed, (name, other)


def is_open(thing):
    return not getattr(thing, "is_closed", False)


gc.disable()
plan()
count = 0
for how in ("drop", "close", "mixed"):
    names = list(MAKE)
    orders = list(itertools.permutations(names))
    if how == "mixed" and len(orders) > 1000:
        orders = random.Random(0).sample(orders, 1000)
    for order in orders:
        objects = MAKE_AGAIN()
        for index, name in enumerate(order):
            way = how if how != "mixed" else ("drop", "close")[(index + count) % 2]
            before = {other for other, thing in objects.items() if is_open(thing)} if way == "drop" else ()
            end(name, objects, way)
            for other in before:
                assert other == name or is_open(objects[other]), (order, name, other)
        del objects
        if diagnostics.live_objects() or control.live() or control.misuses():
            all_closed((how, order))
        count += 1
all_closed()
print(count, "orders")
"""


@pytest.mark.parametrize("chain", CHAINS)
def test_every_order(chain: str) -> None:
    head = f"CHAIN = {chain!r}\n"
    program = PROGRAM.replace("MAKE_AGAIN()", CHAINS[chain]).replace("list(MAKE)", f"list({CHAINS[chain]})")
    printed = on_fake(head + program)
    print(f"{chain}: {printed.strip()}")
    assert int(printed.split()[0]) >= 2 * 720


def test_orders_of_two_runs_on_one_logger() -> None:
    """The objects that share most: two engines of one runtime, a cache of one engine in the config of the other."""
    printed = on_fake("""
        plan()
        count = 0
        for order in random.Random(0).sample(list(itertools.permutations(range(7))), 1500):
            for how in ("drop", "close"):
                logger = trtx.Logger(trtx.Severity.VERBOSE, quiet)
                runtime = trtx.Runtime(logger)
                one, two = (runtime.deserialize_cuda_engine(plan()) for _ in range(2))
                config = one.create_runtime_config()
                cache = two.create_runtime_config().create_runtime_cache()
                config.set_runtime_cache(cache)
                context = one.create_execution_context(config)
                objects = [logger, runtime, one, two, config, cache, context]
                del logger, runtime, one, two, config, cache, context
                for index in order:
                    if how == "close":
                        objects[index].close()
                    objects[index] = None
                count += 1
                if diagnostics.live_objects() or control.live() or control.misuses():
                    all_closed((how, order))
        all_closed()
        print(count, "orders")
    """)
    print(f"two runs: {printed.strip()}")
    assert int(printed.split()[0]) == 2 * 1500


def test_orders_in_a_reference_cycle() -> None:
    """The collector calls finalizers in the order in which it met the objects."""
    printed = on_fake("""
        gc.disable()
        plan()
        gc.freeze()  # what there is already: only the new objects are looked at
        count = 0
        for make in (build_side, run_side):
            orders = list(itertools.permutations(list(make())))
            for order in random.Random(0).sample(orders, 1500):
                objects = make()
                # The list is new to the collector for each, and so are the boxes: their order is that of the names.
                knot = [[objects[name]] for name in order]
                for box in knot:
                    box.append(knot)
                objects.clear()
                del knot, box
                count += 1
                if count % 5 == 0:
                    gc.collect()
                    if diagnostics.live_objects() or control.live() or control.misuses():
                        all_closed(order)
        gc.collect()
        all_closed()
        print(count, "orders")
    """)
    print(f"cycles: {printed.strip()}")
    assert int(printed.split()[0]) == 2 * 1500


REAL = """
import gc, itertools, random
import trtx
from trtx import diagnostics

names = ("logger", "builder", "network", "tensor", "layer", "config", "profile", "parser", "runtime", "memory")
orders = set()
chance = random.Random(0)
while len(orders) < 60:
    orders.add(tuple(chance.sample(names, len(names))))
MODEL = b"\\x08\\x08\\x3a\\x12\\x0a\\x10\\x0a\\x01x\\x12\\x01y\\x22\\x08Identity"
for count, order in enumerate(sorted(orders)):
    how = ("drop", "close", "mixed", "cycle")[count % 4]
    logger = trtx.Logger(trtx.Severity.INTERNAL_ERROR, lambda severity, message: None)
    builder = trtx.Builder(logger)
    parsed = builder.create_network()
    parser = trtx.OnnxParser(parsed)
    try:
        parser.parse(MODEL)
    except trtx.ParserError:
        pass
    network = builder.create_network()
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
    layer = network.add_activation(tensor, trtx.ActivationType.RELU)
    network.mark_output(layer.get_output(0))
    config = builder.create_config()
    config.progress_monitor = trtx.ProgressMonitor()
    profile = builder.create_optimization_profile()
    memory = builder.build_serialized_network(network, config) if count < 4 else trtx.Logger()
    runtime = trtx.Runtime(logger)
    objects = {name: globals()[name] for name in names}
    for name in names:
        del globals()[name]
    del parsed
    if how == "cycle":
        knot = list(objects.values())
        knot.append(knot)
        del knot
        objects.clear()
        gc.collect()
    for index, name in enumerate(order if objects else ()):
        thing = objects.pop(name)
        if how == "close" or (how == "mixed" and index % 2):
            if hasattr(thing, "close"):
                thing.close()
        del thing
    assert diagnostics.live_objects() == {}, (how, order, diagnostics.live_objects())
print(len(orders), "orders")
"""


def test_a_sample_of_orders_on_the_real_library(native_library: str) -> None:
    printed = on_real(REAL)
    print(f"real library: {printed.strip()}")
    assert printed == "60 orders\n"
