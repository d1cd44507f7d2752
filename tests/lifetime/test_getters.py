"""A close() on another thread waits for the getters under way, and one from a callback inside a getter is refused."""

from __future__ import annotations

from tests.lifetime.running import on_fake

#: Name, native method, the call, and what is closed meanwhile: attributes of a `Run`.
GETTERS = """
tensor = lambda r: r.network.get_input(0)
GETTERS = [
    ("VNetworkDefinition::getNbLayers", lambda r: r.network, lambda n: n.num_layers, ("network", "builder", "logger")),
    ("VNetworkDefinition::getName", lambda r: r.network, lambda n: n.name, ("network", "builder")),
    ("VTensor::getName", tensor, lambda t: t.name, ("network", "builder", "logger")),
    ("VTensor::getDimensions", tensor, lambda t: t.shape, ("network", "builder")),
    ("VTensor::getType", tensor, lambda t: t.dtype, ("network",)),
    ("VLayer::getName", lambda r: r.network.get_layer(0), lambda l: l.name, ("network", "builder")),
    ("VActivationLayer::getActivationType", lambda r: r.network.get_layer(0), lambda l: l.type, ("network",)),
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


def test_close_waits_for_a_getter_of_another_thread() -> None:
    printed = on_fake(
        GETTERS
        + """
count = 0
for method, find, get, victims in GETTERS:
    for victim in victims:
        run = Run()
        thing = find(run)
        expected = get(thing)
        control.fault(f"{method}=sleep:30@{control.calls(method) + 1}")
        thread, results = inside(method, lambda: get(thing))
        getattr(run, victim).close()
        assert thing.is_closed
        thread.join()
        assert results == [expected], (method, results)
        assert control.misuses() == 0, (method, victim, control.last_misuse())
        control.clear()
        count += 1
        del run, thing, thread
        gc.collect()
        all_closed(method)
print(count)
"""
    )
    assert int(printed) >= 25


def test_close_gives_up_on_a_getter_that_does_not_return() -> None:
    on_fake("""
        from trtx._core import readers as _readers
        _readers.LIMIT = 0.1
        run = Run()
        tensor = run.network.get_input(0)
        control.clear()  # and the counts of calls
        control.fault("VTensor::getName=sleep:600@1")
        thread, _ = inside("VTensor::getName", lambda: tensor.name)
        try:
            run.builder.close()
        except trtx.BusyError as error:
            assert "close: the object is in use by" in str(error) and "name" in str(error), error
        else:
            raise AssertionError("closed")
        assert not run.builder.is_closed and not run.network.is_closed
        thread.join()
        # Everything is as it was.
        assert tensor.name == "x"
        assert run.network.get_input(0) is tensor and run.config.builder_optimization_level >= 0
        run.builder.build_serialized_network(run.network, run.config)
        run.builder.close()
        assert tensor.is_closed
        del run, tensor, thread
        all_closed()
    """)


def test_an_interrupt_of_a_waiting_close_leaves_everything_open() -> None:
    on_fake("""
        run = Run()
        control.clear()
        control.fault("VNetworkDefinition::getNbLayers=sleep:1500@1")
        thread, _ = inside("VNetworkDefinition::getNbLayers", lambda: run.network.num_layers)
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            run.network.close()
        except KeyboardInterrupt:
            assert not run.network.is_closed
        else:
            raise AssertionError("closed")
        thread.join()
        run.network.close()
        del run, thread
        gc.collect()
        all_closed()
    """)


def test_remove_tensor_waits_too() -> None:
    on_fake("""
        run = Run()
        spare = run.network.add_input("spare", trtx.DataType.FLOAT, (1,))
        control.clear()
        control.fault("VTensor::getType=sleep:20@1")
        thread, results = inside("VTensor::getType", lambda: spare.dtype)
        run.network.remove_tensor(spare)
        assert spare.is_closed
        thread.join()
        assert results == [trtx.DataType.FLOAT], results
        del run, spare, thread
        gc.collect()
        all_closed()
    """)


def test_a_callback_inside_a_getter_cannot_close_what_the_getter_reads() -> None:
    printed = on_fake(
        GETTERS
        + """
count = 0
for method, find, get, victims in GETTERS:
    for victim in victims:
        refused = []
        def sink(severity, message):
            if "close now" in message and not refused:
                try:
                    getattr(run, victim).close()
                except trtx.BusyError as error:
                    refused.append(str(error))
        run = Run(sink)
        thing = find(run)
        expected = get(thing)
        control.fault(f"{method}=log:warning:close now")
        assert get(thing) == expected
        control.clear()
        assert len(refused) == 1 and ".close: the object is in use by" in refused[0], (method, refused)
        assert not thing.is_closed and get(thing) == expected
        getattr(run, victim).close()
        assert thing.is_closed
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
