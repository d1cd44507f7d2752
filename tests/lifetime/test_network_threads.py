"""One network in several threads: short calls never meet, and those that take long are refused to others."""

from __future__ import annotations

from tests.lifetime.running import on_fake, on_real


def test_reading_while_another_thread_adds(native_library: str) -> None:
    """The library moves its lists when they grow; freed memory is overwritten here, so that reading it crashes."""
    printed = on_real(
        """
        import sys, threading
        import trtx
        sys.setswitchinterval(1e-6)
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        networks = [builder.create_network() for _ in range(60)]
        inputs = [network.add_input("x", trtx.DataType.FLOAT, (1, 8)) for network in networks]
        now, done, problems, reads = [0], [], [], []
        long = "a name that is too long for the inside of a string"
        def fill():
            try:
                for number, (network, x) in enumerate(zip(networks, inputs)):
                    now[0] = number
                    for _ in range(130):
                        x.name = long
                        network.add_activation(x, trtx.ActivationType.RELU)
                        x.name = "x"
            except BaseException as error:
                problems.append(error)
            done.append(True)
        def read():
            count = 0
            try:
                while not done:
                    network, x = networks[now[0]], inputs[now[0]]
                    last = network.num_layers - 1
                    if last >= 0:
                        layer = network.get_layer(last)
                        assert layer.name and layer.inputs == (x,) and layer.get_output(0).shape == (1, 8)
                        assert layer.alpha == 0 and x.name in ("x", long)
                        count += 1
            except BaseException as error:
                problems.append(error)
            reads.append(count)
        threads = [threading.Thread(target=target) for target in (fill, read, read)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert not problems, problems
        assert all(network.num_layers == 130 for network in networks)
        print(min(reads))
        """
    )
    assert int(printed) > 10


def test_a_network_can_be_read_during_its_build() -> None:
    on_fake("""
        run = Run()
        expected = (run.network.num_layers, run.network.get_input(0).name)
        control.fault("VBuilder::buildSerializedNetwork=sleep:200")
        thread, _ = inside("VBuilder::buildSerializedNetwork", lambda: CALLS["build"][1](run))
        count = 0
        while thread.is_alive():
            assert (run.network.num_layers, run.network.get_input(0).name) == expected
            count += 1
        assert count > 100, count
        run.network.add_activation(run.network.get_input(0), trtx.ActivationType.RELU)
    """)


def test_a_profile_can_be_read_during_a_build_and_not_changed() -> None:
    on_fake("""
        run = Run()
        three = (1, 3), (2, 3), (4, 3)
        run.profile.set_shape("x", *three)
        run.config.add_optimization_profile(run.profile)
        control.fault("VBuilder::buildSerializedNetwork=sleep:200")
        thread, _ = inside("VBuilder::buildSerializedNetwork", lambda: CALLS["build"][1](run))
        assert run.profile.get_shape("x") == three
        try:
            run.profile.set_shape("x", *three)
        except trtx.BusyError as error:
            assert "build_serialized_network" in str(error), error
        else:
            raise AssertionError("changed during a build")
        assert thread.is_alive()
        thread.join()
        run.profile.set_shape("x", *three)
    """)


def test_a_long_call_is_not_waited_for(native_library: str) -> None:
    on_fake("""
        run = Run()
        control.fault("VBuilder::buildSerializedNetwork=sleep:300")
        thread, _ = inside("VBuilder::buildSerializedNetwork", lambda: CALLS["build"][1](run))
        start = time.monotonic()
        try:
            run.network.add_activation(run.network.get_input(0), trtx.ActivationType.RELU)
        except trtx.BusyError as error:
            assert "build_serialized_network" in str(error), error
        else:
            raise AssertionError("changed during its build")
        assert time.monotonic() - start < 0.04
        thread.join()
    """)


def test_a_sink_may_use_the_network_that_logs() -> None:
    """The lines of a short call come when it is over, so the sink may do as it likes."""
    on_fake("""
        seen = []
        def sink(severity, message):
            if "from a fault" in message:
                seen.append((run.network.num_layers, run.network.get_input(0).name))
        run = Run(sink)
        layers = run.network.num_layers
        tensor = run.network.get_input(0)
        control.fault("VNetworkDefinition::addActivation=log:warning:from a fault")
        run.network.add_activation(tensor, trtx.ActivationType.RELU)
        control.clear()
        control.fault("VTensor::getDimensions=log:warning:from a fault")
        assert tensor.shape == (2, 3)
        assert seen == [(layers + 1, "x")] * 2, seen
        control.clear()
        def meddle(severity, message):
            if "from a fault" in message:
                made.append(run.network.add_activation(run.network.get_input(0), trtx.ActivationType.RELU))
        run, made = Run(meddle), []
        control.fault("VTensor::getDimensions=log:warning:from a fault@1")
        assert run.network.get_input(0).shape == (2, 3)
        assert [run.network.get_layer(run.network.num_layers - 1)] == made
    """)


def test_eight_threads_on_one_network(native_library: str) -> None:
    """No call is refused, no layer lost, and the same thing is the same object for all."""
    on_real("""
        import sys, threading
        import trtx
        sys.setswitchinterval(1e-6)
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (1, 8))
        problems, made, barrier = [], [[] for _ in range(8)], threading.Barrier(8)
        def work(number):
            try:
                barrier.wait()
                for step in range(150):
                    layer = network.add_activation(x, trtx.ActivationType.RELU)
                    layer.name = f"layer {number} {step}"
                    output = layer.get_output(0)
                    output.name = f"output {number} {step}"
                    made[number].append((layer, output))
                    assert layer.get_output(0) is output and layer.get_input(0) is x and x.name == "x"
                    assert output.shape == (1, 8) and output.dtype is trtx.DataType.FLOAT
                    other = network.get_layer(network.num_layers - 1)
                    assert other.type is trtx.ActivationType.RELU and network.get_input(0) is x
                    config = builder.create_config()
                    config.builder_optimization_level = step % 6
                    builder.max_threads = 1 + step % 3
                    assert config.builder_optimization_level == step % 6
            except BaseException as error:
                problems.append(error)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert not problems, problems[:3]
        assert network.num_layers == 8 * 150
        known = {layer.name: (layer, output) for mine in made for layer, output in mine}
        assert len(known) == 8 * 150
        for layer in network:
            assert known[layer.name][0] is layer and layer.get_output(0) is known[layer.name][1]
        network.close()
        assert all(part.is_closed for pair in known.values() for part in pair)
    """)


def test_one_of_several_threads_gives_a_network_its_parser(native_library: str) -> None:
    """Two native parsers on one network crash when they are destroyed."""
    on_real("""
        import sys, threading
        import trtx
        sys.setswitchinterval(1e-6)
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        for _ in range(60):
            network, barrier, parsers, problems = builder.create_network(), threading.Barrier(4), [], []
            def work():
                barrier.wait()
                try:
                    parsers.append(trtx.OnnxParser(network))
                except (trtx.InvalidArgumentError, trtx.BusyError):
                    pass
                except BaseException as problem:
                    problems.append(problem)
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert len(parsers) == 1 and not problems, (parsers, problems)
    """)


def test_short_calls_on_a_shared_builder_and_config_never_meet(native_library: str) -> None:
    """What they make, set and read in four threads at once: nobody is refused."""
    on_real("""
        import sys, threading
        import trtx
        sys.setswitchinterval(1e-6)
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        config, barrier, problems, counts = builder.create_config(), threading.Barrier(4), [], []
        def work(number):
            barrier.wait()
            count = 0
            for step in range(1000):
                try:
                    builder.create_network().close()
                    profile = builder.create_optimization_profile()
                    builder.max_threads = 1 + step % 4
                    config.builder_optimization_level = step % 6
                    config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 20)
                    config.set_flag(trtx.BuilderFlag.TF32)
                    assert config.get_flag(trtx.BuilderFlag.TF32) and 1 <= builder.max_threads <= 4
                    if step % 100 == 0:
                        other = builder.create_config()
                        other.add_optimization_profile(profile)
                        other.close()
                    count += 1
                except BaseException as error:
                    problems.append(error)
            counts.append(count)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert counts == [1000] * 4, (len(problems), problems[:3])
        builder.close()
    """)
