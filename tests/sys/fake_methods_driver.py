# SPDX-License-Identifier: Apache-2.0
"""The part of test_fake_methods that runs beside the fake library; METHODS and the session's names come before it."""

# ruff: noqa: F821

TRTX_INVALID_ARGUMENT, TRTX_NOT_SUPPORTED = 2, 3


def plain(kind):
    """Name of a C type as the header writes it."""
    return kind.cname.replace("const ", "").replace("struct ", "")


class World:
    """One living object of every class, and a layer of every kind that the loaded version has."""

    def __init__(self):
        self.model = model = Model()
        self.layers = {}
        self.objects = {"trtx_logger *": model.logger, "trtx_builder *": model.builder}
        self.array = np.ones(64, np.float32)
        # A network to play with; another one becomes the engine.
        self.objects["trtx_network_definition *"] = model.network
        self.objects["trtx_builder_config *"] = model.config
        self.tensor = model.input("x", np.float32, 1, 2, 4, 4)
        self.objects["trtx_tensor *"] = self.tensor
        self.small = Model()
        kernel = weights(self.array[:16])
        made = make(
            "network_definition_add_convolution_nd",
            self.small.network,
            self.small.input("in", np.float32, 1, 2, 4, 4),
            2,
            dims(2, 2),
            kernel,
            ffi.NULL,
        )
        call("network_definition_set_weights_name", self.small.network, kernel, b"kernel")
        self.small.mark(self.small.output(made), "out")
        call("builder_config_set_flag", self.small.config, lib.TRTX_BUILDER_FLAG_REFIT)
        self.plan = self.small.build()
        self.small.load(self.plan)
        self.runtime_objects()
        self.add_layers()
        self.callbacks()

    def runtime_objects(self):
        small, objects = self.small, self.objects
        objects["trtx_runtime *"] = small.runtime
        objects["trtx_cuda_engine *"] = small.engine
        objects["trtx_execution_context *"] = small.context
        objects["trtx_optimization_profile *"] = make("builder_create_optimization_profile", self.model.builder)
        objects["trtx_timing_cache *"] = make("builder_config_create_timing_cache", self.model.config, b"x", 0)
        objects["trtx_host_memory *"] = make("cuda_engine_serialize", small.engine)
        objects["trtx_engine_inspector *"] = make("cuda_engine_create_engine_inspector", small.engine)
        objects["trtx_serialization_config *"] = make("cuda_engine_create_serialization_config", small.engine)
        objects["trtx_runtime_config *"] = config = make("cuda_engine_create_runtime_config", small.engine)
        objects["trtx_runtime_cache *"] = make("runtime_config_create_runtime_cache", config)
        objects["trtx_refitter *"] = refitter = make("refitter_create", small.engine, small.logger)
        check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
        objects["trtx_onnx_parser *"] = parser = make("onnx_parser_create", self.model.network, small.logger)
        objects["trtx_onnx_parser_refitter *"] = make("onnx_parser_refitter_create", refitter, small.logger)
        assert lib.trtx_onnx_parser_parse(parser, b"junk", 4, ffi.NULL) != 0
        objects["trtx_onnx_parser_error *"] = make("onnx_parser_get_error", parser, 0)

    def add_layers(self):
        """Every method of the network that adds something, as long as the library has it."""
        network, objects = self.model.network, self.objects
        objects["trtx_loop *"] = loop = make("network_definition_add_loop", network)
        objects["trtx_if_conditional *"] = branch = make("network_definition_add_if_conditional", network)
        for name in dir(lib):
            if not name.startswith("trtx_network_definition_add_"):
                continue
            kind = name.removeprefix("trtx_network_definition_add_")
            function = getattr(lib, name)
            result_type = ffi.typeof(function).args[-1]
            if kind == "input" or plain(result_type.item) not in ("trtx_layer *", "trtx_attention *"):
                continue
            result = ffi.new(result_type)
            if function(*self.arguments(name, "NetworkDefinition")[:-1], result) != 0:
                assert lib.trtx_last_status() == TRTX_NOT_SUPPORTED, error()
            elif plain(result_type.item) == "trtx_attention *":
                objects["trtx_attention *"] = result[0]
            else:
                self.keep(result[0])
        for kind, arguments in (
            ("recurrence", ()),
            ("trip_limit", (0,)),
            ("iterator", (0, False)),
            ("loop_output", (0, 0)),
        ):
            self.keep(make(f"loop_add_{kind}", loop, self.tensor, *arguments))
        self.keep(make("if_conditional_set_condition", branch, self.tensor))
        self.keep(make("if_conditional_add_input", branch, self.tensor))
        self.keep(make("if_conditional_add_output", branch, self.tensor, self.tensor))
        for index in range(lib.trtx_network_definition_get_nb_layers(network)):
            self.keep(lib.trtx_network_definition_get_layer(network, index))

    def keep(self, layer):
        self.layers[lib.trtx_layer_get_type(layer)] = layer

    def callbacks(self):
        """Application objects without functions: bridges that answer by themselves."""
        for kind in (
            "error_recorder",
            "progress_monitor",
            "profiler",
            "gpu_allocator",
            "gpu_async_allocator",
            "output_allocator",
            "debug_listener",
            "stream_reader_v2",
            "stream_writer",
            "refitter_observer",
        ):
            made = self.callback(kind)
            self.objects[f"trtx_{kind} *"] = made

    @staticmethod
    def callback(kind):
        result = ffi.new(f"trtx_{kind} **")
        created = getattr(lib, f"trtx_{kind}_create")(ffi.new(f"trtx_{kind}_callbacks *"), ffi.NULL, result)
        assert created == 0 or lib.trtx_last_status() == TRTX_NOT_SUPPORTED, error()
        return result[0]

    def layer_of(self, interface, layer_type):
        if layer_type:
            value = getattr(lib, "TRTX_LAYER_TYPE_" + layer_type.removeprefix("k"))
            return self.layers.get(value)
        bases = {
            "LoopBoundaryLayer": "RECURRENCE",
            "IfConditionalBoundaryLayer": "CONDITION",
            "AttentionBoundaryLayer": "ATTENTION_INPUT",
        }
        return (
            self.layers[getattr(lib, "TRTX_LAYER_TYPE_" + bases.get(interface, "ACTIVATION"))]
            if interface in bases
            else next(iter(self.layers.values()))
        )

    def arguments(self, function, interface, layer_type=""):
        """Arguments that pass the shim's checks."""
        made = []
        types = ffi.typeof(getattr(lib, function)).args
        for index, kind in enumerate(types):
            made.append(self.argument(kind, index == 0, interface, layer_type))
        return made

    def argument(self, kind, is_self, interface, layer_type):
        name = plain(kind)
        if name == "trtx_layer *":
            return self.layer_of(interface, layer_type) if is_self else next(iter(self.layers.values()))
        if name in self.objects:
            return self.objects[name]
        if name == "trtx_attention *":
            return ffi.NULL
        if kind.kind == "primitive":
            return 1
        if name == "char *":
            return b"in"
        if name == "void *":
            return ffi.cast("void *", self.array.ctypes.data)
        if name == "trtx_dims *":
            return dims(1, 1)
        if name == "trtx_weights *":
            return weights(self.array[:1])
        if name == "trtx_permutation *":
            return ffi.new("trtx_permutation *", {"order": list(range(8))})
        if name == "trtx_tensor * *":
            return ffi.new("trtx_tensor *[]", [self.tensor] * 4)
        if name == "char * *":
            self.text = [ffi.new("char[]", b"in")] * 4
            return ffi.new("char *[]", self.text)
        return ffi.new(f"{plain(kind.item)}[16]")

    def for_method(self, method):
        return self.arguments(method["function"], method["interface"], method["layer_type"])


def invoke(method, arguments):
    """The status of a call; of a getter, what it left behind."""
    lib.trtx_clear_last_error()
    function = getattr(lib, method["function"])
    value = function(*arguments)
    return value if method["status"] else lib.trtx_last_status()


def failed(method, arguments, why):
    before = control.report()
    results = [arguments[index] for index in method["results"] if arguments[index] != ffi.NULL]
    for result in results:
        ffi.buffer(result)[:] = b"\xa5" * len(ffi.buffer(result))
    assert invoke(method, arguments) != 0, f"{method['function']}: {why}: no failure"
    assert error().startswith(method["function"] + ":"), f"{method['function']}: {why}: {error()!r}"
    assert text(lib.trtx_last_function()) == method["function"]
    for result in results:
        first = bytes(ffi.buffer(ffi.addressof(result, 0)))
        assert first == bytes(len(first)), f"{method['function']}: {why}: a result of {first}"
    after = control.report()
    assert after == before, f"{method['function']}: {why}: {before} became {after}"


def throwing():
    world, count = World(), 0
    for method in METHODS:
        for fault in ("throw:bad_alloc", "throw:runtime_error", "throw:int"):
            control.clear()
            control.fault(f"{method['virtual']}={fault}")
            failed(method, world.for_method(method), fault)
            assert control.calls(method["virtual"]) == 1, f"{method['function']} did not reach {method['virtual']}"
            count += 1
    return count


def answers():
    world, count = World(), 0
    for method in METHODS:
        faults = ["null", "false"] if method["null_fails"] else ["negative"] if method["negative_fails"] else []
        for fault in faults:
            control.clear()
            control.fault(f"{method['virtual']}={fault}")
            failed(method, world.for_method(method), fault)
            count += 1
        if method["void"]:
            control.clear()
            control.fault(f"{method['virtual']}=log:error:told by a fault;{method['virtual']}=null")
            failed(method, world.for_method(method), "log:error")
            assert "told by a fault" in error()
            count += 1
        if faults:
            control.clear()
            control.fault(f"{method['virtual']}=logforeign:error:told by a worker;{method['virtual']}={faults[0]}")
            failed(method, world.for_method(method), "logforeign:error")
            assert "told by a worker" in error(), error()
            count += 1
    return count


def null_self():
    world = World()
    for method in METHODS:
        arguments = world.for_method(method)
        failed(method, [ffi.NULL, *arguments[1:]], "null self")
        assert "self is null" in error()
    return len(METHODS)


def null_arguments():
    world, count = World(), 0
    for method in METHODS:
        control.clear()
        # The body is not wanted here: an optional null is passed on, and must not end the process.
        control.fault(f"{method['virtual']}=null")
        arguments = world.for_method(method)
        types = ffi.typeof(getattr(lib, method["function"])).args
        for index in range(1, len(arguments)):
            if types[index].kind != "pointer":
                continue
            given = [*arguments[:index], ffi.NULL, *arguments[index + 1 :]]
            is_result = index > len(method["required"])
            if is_result or method["required"][index - 1]:
                failed(method, given, f"argument {index} is null")
                assert "is null" in error(), error()
                assert control.calls(method["virtual"]) == 0
            else:
                invoke(method, given)
                control.clear()
                control.fault(f"{method['virtual']}=null")
            count += 1
    return count


def negative_lengths():
    world, count = World(), 0
    for method in METHODS:
        for index in method["lengths"]:
            control.clear()
            arguments = world.for_method(method)
            arguments[index] = -1
            failed(method, arguments, f"argument {index} is negative")
            assert lib.trtx_last_status() == TRTX_INVALID_ARGUMENT, error()
            assert "negative" in error(), error()
            assert control.calls(method["virtual"]) == 0
            count += 1
    return count


def newer():
    world, count = World(), 0
    for method in METHODS:
        if method["since"] == [1, 5]:
            continue
        arguments = world.for_method(method)
        if arguments[0] is None or arguments[0] == ffi.NULL:
            # The library is too old to make one; the version is asked about before the object.
            types = ffi.typeof(getattr(lib, method["function"])).args
            arguments[0] = ffi.cast(types[0], world.model.network)
        failed(method, arguments, "newer than the library")
        assert lib.trtx_last_status() == TRTX_NOT_SUPPORTED, error()
        needed = ".".join(map(str, method["since"]))
        assert needed in error(), error()
        assert "1.5" in error(), error()
        assert control.calls(method["virtual"]) == 0
        count += 1
    return count


def harmless():
    world, count = World(), 0
    for method in METHODS:
        for fault in (
            "sleep:1",
            "log:warning:<not-utf8>",
            "logforeign:info:<1mb>",
            "log:error:<1mb>",
            "callbacks:",
            "callbacks:foreign+disorder",
            "callbacks:late",
        ):
            if fault.startswith("callbacks:foreign") and not method["long"]:
                continue  # its callbacks would wait for the lock of Python, and the call for them
            control.clear()
            # Answered with nothing behind the fault: the bodies have tests of their own.
            control.fault(f"{method['virtual']}={fault};{method['virtual']}=null")
            before = control.report()
            invoke(method, world.for_method(method))
            assert control.report() == before
            count += 1
        control.late()
    assert control.callbacks() > 0
    return count


def who_runs_meanwhile():
    """Another thread of Python makes progress during long calls, and none during short ones."""
    import threading
    import time

    world, ticks, stop = World(), [0], []

    def tick():
        while not stop:
            ticks[0] += 1
            time.sleep(0.0005)

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        for method in METHODS:
            for pause in (1, 2, 4, 8):  # a busy machine gives neither thread its turn at times
                control.clear()
                length = pause * (40 if method["long"] else 6)
                control.fault(f"{method['virtual']}=sleep:{length};{method['virtual']}=null")
                arguments = world.for_method(method)
                before = ticks[0]
                invoke(method, arguments)
                made = ticks[0] - before
                if made >= 3 if method["long"] else made <= 2:
                    break
            else:
                raise AssertionError(f"{method['function']}: {made} ticks meanwhile")
    finally:
        stop.append(1)
        ticker.join()
    return len(METHODS)
