"""Calls of several threads get their turn, and what goes wrong in one does not come out of another."""

from __future__ import annotations

from tests.lifetime.running import on_fake, on_real


def test_a_loop_of_one_thread_keeps_no_other_out(native_library: str) -> None:
    """While its native call runs others may, and the turn is taken then: they would never find it free."""
    on_real(
        """
        import threading, time
        import trtx
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        for what in ("shape", "name", "dtype"):
            network = builder.create_network()
            x = network.add_input("x", trtx.DataType.FLOAT, (1, 8))
            counts, stop = [0], []
            def loop():
                try:
                    while not stop:
                        getattr(x, what)
                        counts[0] += 1
                except trtx.ClosedError:
                    pass
            threads = [threading.Thread(target=loop) for _ in range(2)]
            for thread in threads: thread.start()
            for number in range(200):
                network.name = f"n{number}"
                network.add_activation(x, trtx.ActivationType.RELU)
            begin = time.monotonic()
            network.close()
            assert time.monotonic() - begin < 5, what
            stop.append(1)
            for thread in threads: thread.join()
            assert counts[0] > 100, (what, counts)
        """
    )


def test_a_generator_may_change_the_network_that_it_is_for() -> None:
    """User code in a generator runs before the call."""
    on_fake("""
        run = Run()
        network, tensor = run.network, run.network.get_input(0)
        def more():
            assert network.get_layer(0).name
            yield network.add_unary(tensor, trtx.UnaryOperation.EXP).get_output(0)
            yield tensor
        assert len(network.add_concatenation(more()).inputs) == 2
    """)


def test_a_tensor_that_its_own_list_removes(native_library: str) -> None:
    on_real("""
        import trtx
        builder = trtx.Builder(trtx.Logger(trtx.Severity.INTERNAL_ERROR, sink=lambda severity, message: None))
        network = builder.create_network()
        a, c = (network.add_input(name, trtx.DataType.FLOAT, (2,)) for name in "ac")
        def tensors():
            yield c
            network.remove_tensor(c)
            network.add_input("d", trtx.DataType.FLOAT, (2,))
            yield a
        try:
            network.add_concatenation(tensors())
        except trtx.ClosedError:
            pass
        else:
            raise AssertionError("a tensor that is gone was used")
        assert network.num_layers == 0
    """)


def test_a_method_around_close_works_in_with() -> None:
    on_fake("""
        closed = []
        class Builder(trtx.Builder):
            def close(self):
                closed.append(self.is_closed)
                super().close()
        with Builder(trtx.Logger(sink=quiet)) as builder:
            builder.create_network()
        assert builder.is_closed and closed == [False]
    """)


def test_an_exception_of_a_callback_comes_out_of_its_own_threads_call() -> None:
    on_fake("""
        for method, call in (
            ("VBuilder::createNetworkV2", lambda run: run.builder.create_network()),
            ("VBuilder::buildSerializedNetwork", lambda run: CALLS["build"][1](run)),
        ):
            def sink(severity, message):
                if "zap" in message:
                    raise ZeroDivisionError(message)
            run = Run(sink)
            other = trtx.Builder(run.logger).create_config()
            control.fault(f"{method}=log:warning:zap")
            control.fault(f"{method}=sleep:150")
            thread, outcome = inside(method, lambda: call(run))
            while thread.is_alive():
                other.max_aux_streams = 1  # shares the logger
            assert type(outcome[0]) is ZeroDivisionError, outcome
            control.clear()
            del run, other
    """)


def test_removing_tensors_beside_threads_that_read_and_use_them() -> None:
    on_fake("""
        sys.setswitchinterval(1e-6)
        run = Run()
        network, x = run.network, run.network.get_input(0)
        box, problems, removed, refused, stop = [x], [], 0, [0], []
        def use():
            while not stop:
                spare = box[0]
                try:
                    spare.name, spare.dtype, spare.shape
                    network.add_elementwise(x, spare, trtx.ElementWiseOperation.SUM)
                    for index in range(network.num_inputs):
                        network.get_input(index).name
                except (trtx.ClosedError, trtx.InvalidArgumentError):
                    refused[0] += 1
                except BaseException as problem:
                    problems.append(problem)
        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads: thread.start()
        for number in range(300):
            spare = network.add_input(f"spare {number}", trtx.DataType.FLOAT, (2, 3))
            box[0] = spare
            try:
                network.remove_tensor(spare)
            except trtx.InvalidArgumentError:  # a layer was faster
                assert not spare.is_closed and spare.name == f"spare {number}"
            else:
                assert spare.is_closed
                removed += 1
        stop.append(1)
        for thread in threads: thread.join()
        assert not problems and removed > 10 and refused[0], (problems[:2], removed, refused)
        assert control.misuses() == 0, control.last_misuse()
    """)


def test_inputs_that_another_thread_removes_at_once(native_library: str) -> None:
    """Between the call that adds an input and its object: nobody gets hold of one that is gone."""
    on_real("""
        import sys, threading
        import trtx
        sys.setswitchinterval(1e-6)
        network = trtx.Builder(trtx.Logger(sink=lambda severity, message: None)).create_network()
        network.add_input("x", trtx.DataType.FLOAT, (2, 3))
        problems, counts, stop = [], [0, 0], []
        def add():
            try:
                for number in range(1500):
                    added = network.add_input(f"{threading.get_ident()} {number}", trtx.DataType.FLOAT, (2, 3))
                    try:
                        added.name, added.dtype, added.shape
                    except trtx.ClosedError:
                        counts[0] += 1
            except BaseException as problem:
                problems.append(problem)
        def remove():
            try:
                while not stop:
                    last = network.num_inputs - 1
                    if last > 0:
                        try:
                            network.remove_tensor(network.get_input(last))
                            counts[1] += 1
                        except (trtx.ClosedError, trtx.InvalidArgumentError, trtx.NetworkError):
                            pass
            except BaseException as problem:
                problems.append(problem)
        adding = [threading.Thread(target=add) for _ in range(2)]
        removing = [threading.Thread(target=remove) for _ in range(2)]
        for thread in adding + removing: thread.start()
        for thread in adding: thread.join()
        stop.append(1)
        for thread in removing: thread.join()
        assert not problems and min(counts) > 0, (problems[:2], counts)
    """)


def test_closing_at_the_same_time_in_two_threads() -> None:
    on_fake("""
        sys.setswitchinterval(1e-6)
        problems = []
        builder = trtx.Builder(trtx.Logger(sink=quiet))
        for _ in range(300):
            config = builder.create_config()
            start = threading.Barrier(2)
            def close():
                start.wait()
                try:
                    config.close()
                except BaseException as problem:
                    problems.append(problem)
            threads = [threading.Thread(target=close) for _ in range(2)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert config.is_closed
        assert not problems, problems[:3]
    """)


def test_a_closed_profile_is_named_by_the_build() -> None:
    on_fake("""
        builder = trtx.Builder(trtx.Logger(sink=quiet))
        network, config = small_network(builder, (-1, 3)), builder.create_config()
        with builder.create_optimization_profile() as profile:
            profile.set_shape("x", (1, 3), (2, 3), (4, 3))
            config.add_optimization_profile(profile)
        try:
            builder.build_serialized_network(network, config)
        except trtx.InvalidArgumentError as error:
            assert "optimization profile 0 of config is closed" in str(error), error
        else:
            raise AssertionError("built")
    """)
