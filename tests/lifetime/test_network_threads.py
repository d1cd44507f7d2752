"""One network in several threads: calls wait for each other, and those that take long are refused to others."""

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


def test_short_calls_wait_for_each_other() -> None:
    on_fake("""
        run = Run()
        tensor = run.network.get_input(0)
        for method, slow in (
            ("VNetworkDefinition::addActivation", lambda: run.network.add_activation(tensor, trtx.ActivationType.RELU)),
            ("VTensor::getName", lambda: tensor.name),
        ):
            for quick in (
                lambda: run.network.num_layers, lambda: tensor.shape, lambda: run.network.get_layer(0).name,
                lambda: run.network.add_activation(tensor, trtx.ActivationType.RELU),
                lambda: setattr(tensor, "name", "x"),
            ):
                control.clear()
                control.fault(f"{method}=sleep:15@1")
                thread, _ = inside(method, slow)
                quick()
                thread.join()
    """)


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


def test_the_end_of_a_build_waits_for_who_still_reads() -> None:
    on_fake("""
        run = Run()
        tensor = run.network.get_input(0)
        control.clear()
        control.fault("VTensor::getName=sleep:150@1")
        control.fault("VBuilder::buildSerializedNetwork=sleep:50")
        building, _ = inside("VBuilder::buildSerializedNetwork", lambda: CALLS["build"][1](run))
        reading, done = inside("VTensor::getName", lambda: tensor.name)
        building.join()
        assert done == ["x"]  # else a change could have begun under it
        reading.join()
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


def test_a_sink_may_read_the_network_that_logs() -> None:
    on_fake("""
        seen = []
        def sink(severity, message):
            if "from a fault" in message:
                seen.append((run.network.num_layers, run.network.get_input(0).name))
        run = Run(sink)
        expected = (run.network.num_layers, "x")
        control.fault("VNetworkDefinition::addActivation=log:warning:from a fault")
        run.network.add_activation(run.network.get_input(0), trtx.ActivationType.RELU)
        control.clear()
        control.fault("VTensor::getDimensions=log:warning:from a fault")
        run.network.get_input(0).shape
        assert len(seen) == 2 and seen[0] == expected, seen
        def meddle(severity, message):
            if "from a fault" in message:
                run.network.add_activation(tensor, trtx.ActivationType.RELU)
        run = Run(meddle)
        tensor = run.network.get_input(0)
        start = time.monotonic()
        try:
            tensor.shape  # what its callback raises comes out of the next call that can fail
            run.network.name = "n"
        except trtx.BusyError as error:
            assert "shape" in str(error), error
        else:
            raise AssertionError("changed while it was read")
        assert time.monotonic() - start < 0.04
    """)
