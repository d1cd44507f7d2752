"""Threads: native calls run beside each other and beside Python, and an object that serves one thread says so."""

from __future__ import annotations

from tests.lifetime.running import on_fake, on_real


def test_two_builds_overlap() -> None:
    """Two builds of 300 ms each take clearly less than 600 ms together."""
    on_fake("""
        control.fault("Build::step=sleep:50")
        runs = [Run(), Run()]
        control.clear()
        def work(run):
            CALLS["build"][1](run)
        control.fault("VBuilder::buildSerializedNetwork=sleep:300")
        begin = time.monotonic()
        work(runs[0])
        one = time.monotonic() - begin
        threads = [threading.Thread(target=work, args=(run,)) for run in runs]
        begin = time.monotonic()
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        both = time.monotonic() - begin
        assert one > 0.29 and both < 1.5 * one, (one, both)
    """)


def test_python_runs_during_every_long_call() -> None:
    """On the main thread, where another one makes builds, and on any other."""
    printed = on_fake("""
        ticks = []
        stop = []
        def tick():
            while not stop:
                ticks.append(1)
                time.sleep(0.001)
        ticker = threading.Thread(target=tick)
        ticker.start()
        count = 0
        for name, (method, call) in CALLS.items():
            for elsewhere in (False, True) if name in LONG else ():
                run = Run()
                seen = []
                def work():
                    before, begun = len(ticks), control.calls(method)
                    call(run)
                    assert control.calls(method) > begun, (name, method)
                    seen.append(len(ticks) - before)
                control.fault(f"{method}=sleep:60")
                if elsewhere:
                    thread = threading.Thread(target=work)
                    thread.start()
                    thread.join()
                else:
                    work()
                control.clear()
                assert seen and seen[0] >= 3, f"{name}: Python stood still ({seen})"
                count += 1
        stop.append(1)
        ticker.join()
        print(count)
    """)
    assert int(printed) >= 30


def test_python_runs_during_a_real_build(native_library: str) -> None:
    on_real("""
        import threading, time
        import trtx
        logger = trtx.Logger(trtx.Severity.ERROR)
        builder = trtx.Builder(logger)
        network = builder.create_network()
        tensor = network.add_input("x", trtx.DataType.FLOAT, (4, 4))
        for _ in range(20):
            tensor = network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
        network.mark_output(tensor)
        config = builder.create_config()
        ticks, done = [], threading.Event()
        def tick():
            while not done.is_set():
                ticks.append(1)
                time.sleep(0.0005)
        ticker = threading.Thread(target=tick)
        ticker.start()
        before = len(ticks)
        worker = threading.Thread(target=builder.build_serialized_network, args=(network, config))
        worker.start()
        worker.join()
        assert len(ticks) - before >= 3
        done.set()
        ticker.join()
    """)


def test_one_object_in_two_threads() -> None:
    printed = on_fake("""
        #: A call under way, and what another thread tries meanwhile with the same object.
        PAIRS = [
            ("enqueue", ["enqueue", "execute", "set_shape", "set_address", "infer_shapes"]),
            ("execute", ["enqueue", "set_address"]),
            ("infer_shapes", ["enqueue", "set_shape"]),
            ("build", ["add_layer", "add_input", "rename", "build", "create_network", "create_config"]),
            ("build_to_stream", ["add_layer", "build"]),
            ("inspect", ["inspect"]),
            ("cache_serialize", ["cache_serialize", "cache_deserialize"]),
        ]
        count = 0
        for first, others in PAIRS:
            method, call = CALLS[first]
            for other in others:
                run = Run()
                layers = run.network.num_layers
                control.clear()
                control.fault(f"{method}=sleep:100@1")
                thread, results = inside(method, lambda: call(run))
                try:
                    CALLS[other][1](run)
                except trtx.BusyError as error:
                    assert "in use" in str(error), error
                else:
                    raise AssertionError((first, other))
                thread.join()
                assert not isinstance(results[0], BaseException), (first, other, results)
                control.clear()
                CALLS[other][1](run)
                count += 1
                del run, results
        print(count)
    """)
    assert int(printed) >= 20


def test_readers_share_an_engine_and_a_runtime() -> None:
    on_fake("""
        run = Run()
        control.fault("VCudaEngine::createExecutionContext=sleep:100")
        control.fault("VRuntime::deserializeCudaEngine=sleep:100")
        control.fault("VCudaEngine::serialize=sleep:100")
        problems, made = [], []
        def work(name):
            try:
                made.append(CALLS[name][1](run))
            except BaseException as problem:
                problems.append(problem)
        names = ["create_context", "deserialize", "serialize"] * 3
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert not problems, problems
        assert len(made) == 9
        run.logger.close()
        assert all(thing.is_closed for thing in made if type(thing) is not trtx.HostMemory)
        del run, made, thread, threads
        gc.collect()
        all_closed()
    """)


def test_threads_with_objects_of_their_own() -> None:
    on_fake("""
        sys.setswitchinterval(1e-5)
        problems = []
        logger = trtx.Logger(trtx.Severity.VERBOSE, quiet)
        def work(seed):
            chance = random.Random(seed)
            try:
                for _ in range(30):
                    side = chance.choice([build_side, run_side])(logger)
                    names = [name for name in side if name != "logger"]
                    chance.shuffle(names)
                    for name in names:
                        thing = side.pop(name)
                        if chance.random() < 0.5 and hasattr(thing, "close"):
                            thing.close()
                        del thing
            except BaseException as problem:
                problems.append(problem)
        plan()
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert not problems, problems
        del logger
        gc.collect()
        all_closed()
    """)


def test_ctrl_c_cancels_a_build() -> None:
    on_fake("""
        for seconds in (0.02, 0.1, 0.3):
            run = Run()
            control.fault("Build::step=sleep:50")
            control.fault("VBuilder::buildSerializedNetwork=sleep:100")
            timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            begin = time.monotonic()
            try:
                for _ in range(100):
                    CALLS["build"][1](run)
            except KeyboardInterrupt:
                assert time.monotonic() - begin < seconds + 1
            else:
                raise AssertionError("lost")
            control.clear()
            timer.join()
            while True:
                try:
                    run.logger.close()
                    break
                except trtx.BusyError:
                    time.sleep(0.01)
            del run, timer
            gc.collect()
            all_closed(seconds)
    """)
