"""Getters beside threads and callbacks that close what they read: a short call is over before anything else runs."""

from __future__ import annotations

from tests.lifetime.running import on_fake

#: Name, native method, the call, and what is closed meanwhile: attributes of a `Run`.
GETTERS = """
tensor = lambda r: r.network.get_input(0)
def attention(r):
    x = r.network.add_input("q", trtx.float32, (1, 2, 4, 4))
    return r.network.add_attention_v2(x, x, x, trtx.AttentionNormalizationOp.SOFTMAX, trtx.CausalMaskKind.NONE)
GETTERS = [
    ("VNetworkDefinition::getNbLayers", lambda r: r.network, lambda n: n.num_layers, ("network", "builder", "logger")),
    ("VNetworkDefinition::getName", lambda r: r.network, lambda n: n.name, ("network", "builder")),
    ("VTensor::getName", tensor, lambda t: t.name, ("network", "builder", "logger")),
    ("VTensor::getDimensions", tensor, lambda t: t.shape, ("network", "builder")),
    ("VTensor::getType", tensor, lambda t: t.dtype, ("network",)),
    ("VLayer::getName", lambda r: r.network.get_layer(0), lambda l: l.name, ("network", "builder")),
    ("VActivationLayer::getActivationType", lambda r: r.network.get_layer(0), lambda l: l.type, ("network",)),
    ("VLoop::getName", lambda r: r.network.add_loop(), lambda l: l.name, ("network", "builder", "logger")),
    ("VIfConditional::getName", lambda r: r.network.add_if_conditional(), lambda c: c.name, ("network", "builder")),
    ("VAttention::getMask", attention, lambda a: a.mask, ("network", "builder", "logger")),
    ("VAttention::getNbInputs", attention, lambda a: a.num_inputs, ("network",)),
    ("VBuilder::getMaxThreads", lambda r: r.builder, lambda b: b.max_threads, ("builder", "logger")),
    ("VBuilderConfig::getBuilderOptimizationLevel", lambda r: r.config, lambda c: c.builder_optimization_level,
     ("config", "builder")),
    ("VRuntime::getMaxThreads", lambda r: r.runtime, lambda b: b.max_threads, ("runtime", "logger")),
    ("VCudaEngine::getNbLayers", lambda r: r.engine, lambda e: e.num_layers, ("engine", "runtime", "logger")),
    ("VCudaEngine::getName", lambda r: r.engine, lambda e: e.name, ("engine",)),
    ("VExecutionContext::getOptimizationProfile", lambda r: r.context, lambda c: c.active_optimization_profile,
     ("context", "engine")),
    ("VRuntimeConfig::getCudaGraphStrategy", lambda r: r.runtime_config, lambda c: c.cuda_graph_strategy,
     ("runtime_config", "engine")),
]
"""


def test_a_callback_of_a_getter_may_close_what_the_getter_reads() -> None:
    """The lines of a short call come when it is over."""
    printed = on_fake(
        GETTERS
        + """
count = 0
for method, find, get, victims in GETTERS:
    for victim in victims:
        closed = []
        def sink(severity, message):
            if "close now" in message and not closed:
                getattr(run, victim).close()
                closed.append(thing.is_closed)
        run = Run(sink)
        thing = find(run)
        expected = get(thing)
        control.fault(f"{method}=log:warning:close now")
        assert get(thing) == expected, (method, victim)
        assert closed == [True], (method, victim)
        control.clear()
        try:
            get(thing)
        except trtx.ClosedError:
            count += 1
        del run, thing, sink
        gc.collect()
        all_closed(method)
print(count)
"""
    )
    assert int(printed) >= 25


def test_closing_against_busy_getters() -> None:
    """No sleeps: threads read as fast as they can while objects go away under them."""
    on_fake("""
        sys.setswitchinterval(1e-5)
        current = [Run()]
        stop = []
        problems = []
        def read():
            while not stop:
                run = current[0]
                try:
                    run.network.num_layers, run.network.get_input(0).name, run.network.get_layer(0).type
                    run.engine.num_layers, run.engine.name, run.context.active_optimization_profile
                    run.config.builder_optimization_level, run.builder.max_threads
                except trtx.ClosedError:
                    pass
                except trtx.BusyError:
                    pass
                except BaseException as problem:
                    problems.append(problem)
        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads: thread.start()
        closed = 0
        for round in range(150):
            run = current[0]
            for victim in ("network", "engine", "builder", "runtime", "logger"):
                try:
                    getattr(run, victim).close()
                    closed += 1
                except trtx.BusyError:
                    pass
            current[0] = Run()
        stop.append(1)
        for thread in threads: thread.join()
        assert not problems, problems
        assert closed > 100
        current.clear()
        del run, thread, threads
        gc.collect()
        all_closed()
    """)
