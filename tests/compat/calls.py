"""Calls that are made on NVIDIA's package and on `trtx.compat` alike, to compare what they answer.

Run as a script in a process of its own, with the name of the module and the number of the first call: ``python calls.py
trtx.compat 0``. It prints a line for each call: what it answered or raised, in words that do not depend on the package.
No GPU is needed.
"""

from __future__ import annotations

import enum
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np


class World:
    """The objects that a call starts from, made anew for each."""

    def __init__(self, trt: Any) -> None:
        self.trt = trt
        self.said: list[str] = []
        said = self.said

        class Log(trt.ILogger):  # type: ignore[misc]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: Any, msg: str) -> None:
                if int(severity) <= 1:
                    said.append(msg)

        self.logger = Log()
        self.builder = trt.Builder(self.logger)
        self.network = self.builder.create_network()
        self.config = self.builder.create_builder_config()
        self.x = self.network.add_input("x", trt.float32, (2, 3))

    def parser(self) -> Any:
        """A parser of an empty network, which is kept: NVIDIA's would crash without it."""
        self.other = self.builder.create_network()
        return self.trt.OnnxParser(self.other, self.logger)

    def relu(self) -> Any:
        """A layer whose output is one of the network's."""
        layer = self.network.add_activation(self.x, self.trt.ActivationType.RELU)
        self.network.mark_output(layer.get_output(0))
        return layer

    def engine(self) -> Any:
        """A small engine."""
        self.relu()
        return self.builder.build_serialized_network(self.network, self.config)


def groups() -> Iterator[tuple[str, list[str]]]:
    """Calls as text, by what they start from: each is an expression of ``w`` and ``trt``, or statements before one."""
    yield (
        "network",
        [
            "w.x.shape",
            "w.x.shape == (2, 3)",
            "w.x.shape != (2, 3)",
            "w.x.shape[0]",
            "w.x.shape[1:]",
            "w.x.shape[-1]",
            "len(w.x.shape)",
            "list(w.x.shape)",
            "str(w.x.shape)",
            "repr(w.x.shape)",
            "w.x.shape[5]",
            "hash(w.x.shape)",
            "setattr(w.x, 'shape', (4, 5)) or w.x.shape",
            "setattr(w.x, 'shape', trt.Dims((4, 5))) or w.x.shape",
            "setattr(w.x, 'name', 'other') or w.x.name",
            "setattr(w.x, 'dtype', trt.int32)",
            "w.network.add_input('x', trt.float32, (2, 3))",
            "w.network.add_input('', trt.float32, (2, 3))",
            "w.network.add_input('y', 3, (2, 3))",
            "w.network.add_input('y', trt.float32, 3)",
            "w.network.add_input('y', trt.float32, (2.5, 3))",
            "w.network.add_input('y', np.float32, (2, 3))",
            "w.network.add_input('y', trt.float32, (-2, 3))",
            "w.network.add_input(name='y', dtype=trt.float32, shape=trt.Dims3(1, 2, 3)).shape",
            "w.network.add_input('y', trt.float32, [1] * 9)",
            "w.network.add_input(3, trt.float32, (2, 3))",
            "w.network.get_input(0).name",
            "w.network.get_input(7)",
            "w.network.get_input(-1)",
            "w.network.get_output(0)",
            "w.network.get_layer(0)",
            "w.network[0]",
            "len(w.network)",
            "w.relu().type",
            "w.relu() and w.network[0].type",
            "w.relu() and type(w.network[0]).__name__",
            "w.relu() and w.network[-1].type",
            "w.relu() and [layer.type for layer in w.network]",
            "w.relu() and w.network[9]",
            "w.relu() and [type(layer).__name__ for layer in w.network]",
            "type(w.relu()).__name__",
            "type(w.relu().get_output(0)).__name__",
            "w.relu().get_output(7)",
            "w.relu().get_input(7)",
            "w.relu().get_output_type(0)",
            "w.relu().num_outputs",
            "w.relu().name",
            "w.relu().metadata",
            "isinstance(w.relu(), trt.ILayer)",
            "w.network.add_activation(w.x, 'RELU')",
            "w.network.add_activation(None, trt.ActivationType.RELU)",
            "w.network.add_activation(input=w.x, type=trt.ActivationType.RELU).type",
            "setattr(w.relu(), 'alpha', 0.5)",
            "setattr(w.relu(), 'alpha', 'text')",
            "w.network.add_unary(w.x, trt.UnaryOperation.EXP).op",
            "w.network.add_elementwise(w.x, w.x, trt.ElementWiseOperation.SUM).op",
            "w.network.add_reduce(w.x, trt.ReduceOperation.SUM, 1, True).keep_dims",
            "w.network.add_reduce(w.x, trt.ReduceOperation.SUM, axes=1, keep_dims=False).axes",
            "w.network.add_constant((2, 3), np.ones((2, 3), np.float32)).weights.shape",
            "type(w.network.add_constant((2, 3), np.ones((2, 3), np.float32)).weights).__name__",
            "w.network.add_constant((2, 3), np.ones((2, 3), np.float32)).shape",
            "w.network.add_constant((2, 3), trt.Weights(np.ones((2, 3), np.float32))).shape",
            "w.network.add_constant((2, 3), np.ones((2, 3), np.int32)).weights.dtype",
            "w.network.add_constant((2, 3), [1, 2])",
            "w.network.add_constant((2, 3), np.ones((2, 3)))",
            "w.network.add_reduce(w.x, trt.ReduceOperation.SUM, 1, 1).keep_dims",
            "r = w.network.add_reduce(w.x, trt.ReduceOperation.SUM, 1, True); r.keep_dims = 0; r.keep_dims",
            "w.network.add_reduce(w.x, trt.ReduceOperation.SUM, True, True).axes",
            "w.x.shape + (1,)",
            "tuple(w.x.shape) + (1,)",
            "'%s' % w.x.shape",
            "w.x.shape in [(2, 3)]",
            "np.zeros(w.x.shape).shape",
            "w.network.add_padding_nd(w.x, (0, 0), (1, 1)).post_padding_nd",
            "1 << trt.BuilderFlag.TF32",
            "trt.DataType.FLOAT < trt.DataType.HALF",
            "w.network.add_concatenation([w.x, w.x]).axis",
            "w.network.add_concatenation(w.x)",
            "w.network.add_shuffle(w.x).first_transpose",
            "s = w.network.add_shuffle(w.x); s.first_transpose = (1, 0); list(s.first_transpose)[:2]",
            "s = w.network.add_shuffle(w.x); s.first_transpose = trt.Permutation([1, 0]); list(s.first_transpose)[:2]",
            "s = w.network.add_shuffle(w.x); s.reshape_dims = (3, 2); s.reshape_dims",
            "s = w.network.add_shuffle(w.x); s.reshape_dims = (3, 2); s.get_output(0).shape",
            "s = w.network.add_slice(w.x, (0, 0), (1, 1), (1, 1)); s.shape",
            "s = w.network.add_slice(w.x, (0, 0), (1, 1), (1, 1)); s.start",
            "w.network.add_slice(w.x, (0, 0), (1, 1), (1, 1)).mode",
            "w.network.add_softmax(w.x).axes",
            "w.network.add_topk(w.x, trt.TopKOperation.MAX, 2, 2).k",
            "w.network.add_resize(w.x).scales",
            "r = w.network.add_resize(w.x); r.scales = [2.0, 2.0]; r.scales",
            "w.network.add_gather(w.x, w.x, 0).axis",
            "w.network.add_cast(w.x, trt.int32).to_type",
            "w.network.add_identity(w.x).type",
            "w.network.add_matrix_multiply(w.x, trt.MatrixOperation.NONE, w.x, trt.MatrixOperation.TRANSPOSE).op1",
            "c = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "k = w.network.add_convolution_nd(c, 2, (3, 3), np.ones((2, 1, 3, 3), np.float32)); k.kernel.shape",
            "c = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "k = w.network.add_convolution_nd(c, 2, trt.DimsHW(3, 3), np.ones((2, 1, 3, 3), np.float32)); "
            "k.kernel_size_nd",
            "c = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "k = w.network.add_convolution_nd(c, 2, (3, 3), np.ones((2, 1, 3, 3), np.float32)); k.bias.size",
            "c = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "k = w.network.add_convolution_nd(c, 2, (3, 3), np.ones((2, 1, 3, 3), np.float32)); k.stride_nd = (2, 2); "
            "k.stride_nd",
            "p = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "w.network.add_pooling_nd(p, trt.PoolingType.MAX, (2, 2)).type",
            "p = w.network.add_input('i', trt.float32, (1, 1, 4, 4)); "
            "w.network.add_pooling_nd(p, trt.PoolingType.MAX, (2, 2)); w.network[0].type",
            "y = w.network.add_input('y', trt.float32, (4, 5)); "
            "w.network.add_matrix_multiply(w.x, trt.MatrixOperation.NONE, y, trt.MatrixOperation.NONE)"
            ".get_output(0).shape",
            "w.network.name",
            "setattr(w.network, 'name', 'net') or w.network.name",
            "w.network.flags",
            "w.network.get_flag(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)",
            "w.network.num_layers",
            "hasattr(w.network, 'has_implicit_batch_dimension')",
            "w.network.mark_output(w.x)",
            "w.network.mark_output(None)",
            "w.network.unmark_output(w.x)",
            "w.network.remove_tensor(w.x)",
            "w.network.mark_debug(w.x)",
            "w.network.is_debug_tensor(w.x)",
            "w.network.mark_weights_refittable('nothing')",
            "w.network.set_weights_name(trt.Weights(np.ones(2, np.float32)), 'name')",
            "w.network.builder is w.builder",
            "w.network.error_recorder",
            "w.x.is_network_input",
            "w.x.is_shape_tensor",
            "w.x.allowed_formats > 0",
            "w.x.get_dimension_name(0)",
            "w.x.set_dimension_name(0, 'batch') or w.x.get_dimension_name(0)",
            "w.x.set_dimension_name(9, 'batch')",
            "trt.ILayer()",
            "trt.ITensor()",
            "n = w.network.add_input('n', trt.float32, trt.Dims()); n.shape",
            "l = w.network.add_loop(); l.name = 'loop'; l.name",
            "i = w.network.add_if_conditional(); type(i).__name__",
            "w.relu(); l = w.network[0]; l.__class__ = trt.IActivationLayer; l.type",
            "w.relu(); l = w.network[0]; l.__class__ = getattr(trt, 'IActivationLayer'); l.alpha",
        ],
    )
    yield (
        "builder",
        [
            "trt.Builder()",
            "trt.Builder(None)",
            "trt.Builder(3)",
            "w.builder.logger is w.logger",
            "w.builder.max_threads",
            "setattr(w.builder, 'max_threads', 2) or w.builder.max_threads",
            "setattr(w.builder, 'max_threads', -5) or w.builder.max_threads",
            "setattr(w.builder, 'max_threads', 'two')",
            "w.builder.num_DLA_cores",
            "w.builder.error_recorder",
            "w.builder.gpu_allocator",
            "w.builder.reset()",
            "w.builder.create_network(0).num_layers",
            "w.builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)).num_layers",
            "w.builder.create_network('flags')",
            "type(w.builder.create_builder_config()).__name__",
            "w.builder.build_serialized_network(w.network, w.config)",
            "w.builder.build_serialized_network(None, w.config)",
            "w.builder.build_serialized_network(w.network)",
            "type(w.engine()).__name__",
            "w.engine().nbytes > 1000",
            "e = w.engine(); len(memoryview(e)) == e.nbytes",
            "e = w.engine(); bytes(e)[:4]",
            "e = w.engine(); open(w.path, 'wb').write(e) == e.nbytes",
            "e = w.engine(); np.frombuffer(e, np.uint8).size == e.nbytes",
            "e = w.engine(); bytearray(e)[:4] == bytes(e)[:4]",
            "w.engine().dtype",
            "bool(w.engine())",
            "isinstance(w.engine(), trt.IHostMemory)",
            "w.engine(); w.builder.is_network_supported(w.network, w.config)",
            "w.builder.is_network_supported(w.network, w.config)",
            "w.config.set_flag(trt.BuilderFlag.REFIT) or w.config.get_flag(trt.BuilderFlag.REFIT)",
            "w.config.set_flag(3)",
            "w.config.set_flag('REFIT')",
            "w.config.flags",
            "setattr(w.config, 'flags', 1 << int(trt.BuilderFlag.TF32)) or w.config.get_flag(trt.BuilderFlag.TF32)",
            "w.config.clear_flag(trt.BuilderFlag.TF32)",
            "w.config.builder_optimization_level",
            "setattr(w.config, 'builder_optimization_level', 5) or w.config.builder_optimization_level",
            "setattr(w.config, 'builder_optimization_level', 99)",
            "setattr(w.config, 'builder_optimization_level', -7) or w.config.builder_optimization_level",
            "setattr(w.config, 'builder_optimization_level', 'high')",
            "setattr(w.config, 'build_route', 'rubbish') or w.config.build_route",
            "w.config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 20)",
            "w.config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 20) or "
            "w.config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE)",
            "w.config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, -1)",
            "w.config.set_memory_pool_limit('WORKSPACE', 1)",
            "w.config.num_compute_capabilities",
            "setattr(w.config, 'num_compute_capabilities', 2) or w.config.num_compute_capabilities",
            "w.config.set_compute_capability(trt.ComputeCapability.SM120, 0)",
            "setattr(w.config, 'num_compute_capabilities', 1) or "
            "w.config.set_compute_capability(trt.ComputeCapability.SM120, 0)",
            "w.config.set_compute_capability(trt.ComputeCapability.SM120, 9)",
            "w.config.num_optimization_profiles",
            "w.config.add_optimization_profile(w.builder.create_optimization_profile())",
            "w.config.add_optimization_profile(None)",
            "w.config.progress_monitor",
            "setattr(w.config, 'progress_monitor', 3)",
            "w.config.profiling_verbosity",
            "setattr(w.config, 'profiling_verbosity', trt.ProfilingVerbosity.DETAILED) or w.config.profiling_verbosity",
            "w.config.get_tactic_sources() > 0",
            "w.config.set_tactic_sources(0)",
            "w.config.engine_capability",
            "w.config.avg_timing_iterations",
            "w.config.max_aux_streams",
            "w.config.hardware_compatibility_level",
            "w.config.runtime_platform",
            "w.config.DLA_core",
            "w.config.default_device_type",
            "w.config.can_run_on_DLA(w.relu())",
            "w.config.get_device_type(w.relu())",
            "w.config.get_timing_cache()",
            "w.config.reset()",
            "w.config.l2_limit_for_tiling",
            "w.config.get_preview_feature(trt.PreviewFeature.ALIASED_PLUGIN_IO_10_03)",
            "c = w.config.create_timing_cache(b''); type(c).__name__",
            "c = w.config.create_timing_cache(b''); w.config.set_timing_cache(c, False)",
            "c = w.config.create_timing_cache(b''); c.combine(w.config.create_timing_cache(b''), False)",
            "with w.builder as b, w.config as c: type(b).__name__",
            "w.network.__enter__() is w.network",
            "f = open(w.path, 'wb'); W = type('W', (trt.IStreamWriter,), "
            "{'__init__': lambda s: trt.IStreamWriter.__init__(s), 'write': lambda s, d: f.write(d)}); w.relu(); "
            "w.builder.build_serialized_network_to_stream(w.network, w.config, W())",
        ],
    )
    yield (
        "profile",
        [
            "bool(w.builder.create_optimization_profile())",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (1, 3), (2, 3), (4, 3))",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (1, 3), (2, 3), (4, 3)); p.get_shape('x')",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (1, 3), (2, 3), (4, 3)); "
            "[list(s) for s in p.get_shape('x')]",
            "p = w.builder.create_optimization_profile(); p.get_shape('nothing')",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (9, 3), (2, 3), (4, 3)); bool(p)",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (9, 3), (2, 3), (4, 3)); "
            "w.config.add_optimization_profile(p)",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', 3, 4, 5)",
            "p = w.builder.create_optimization_profile(); p.set_shape('x', (1,), (2, 3), (4, 3))",
            "p = w.builder.create_optimization_profile(); p.set_shape_input('x', [1], [2], [3]); "
            "p.get_shape_input('x')",
            "p = w.builder.create_optimization_profile(); p.get_shape_input('nothing')",
            "p = w.builder.create_optimization_profile(); p.extra_memory_target",
            "p = w.builder.create_optimization_profile(); p.extra_memory_target = 0.5; p.extra_memory_target",
            "p = w.builder.create_optimization_profile(); p.extra_memory_target = 7",
            "p = w.builder.create_optimization_profile(); "
            "p.set_shape(input='x', min=(1, 3), opt=(2, 3), max=(4, 3)); bool(p)",
        ],
    )
    yield (
        "parser",
        [
            "trt.OnnxParser(None, w.logger)",
            "trt.OnnxParser(w.network)",
            "bool(w.parser())",
            "p = w.parser(); p.parse(b'rubbish')",
            "p = w.parser(); p.parse(b'rubbish'); p.num_errors",
            "p = w.parser(); p.parse(b'rubbish'); type(p.get_error(0)).__name__",
            "p = w.parser(); p.parse(b'rubbish'); p.get_error(0).code()",
            "p = w.parser(); p.parse(b'rubbish'); p.get_error(0).node()",
            "p = w.parser(); p.parse(b'rubbish'); isinstance(p.get_error(0).desc(), str)",
            "p = w.parser(); p.parse(b'rubbish'); p.clear_errors() or p.num_errors",
            "p = w.parser(); p.get_error(5)",
            "p = w.parser(); p.parse(3)",
            "p = w.parser(); p.parse('text')",
            "p = w.parser(); p.parse_from_file('/nowhere.onnx')",
            "p = w.parser(); p.parse_from_file(3)",
            "p = w.parser(); p.parse(w.onnx)",
            "p = w.parser(); p.parse(w.onnx); p.num_errors",
            "p = w.parser(); p.parse(w.unknown)",
            "p = w.parser(); p.parse(w.unknown); p.num_errors",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).code()",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).node_operator()",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).node()",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).node_name()",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).local_function_stack_size()",
            "p = w.parser(); p.parse(w.unknown); p.get_error(0).local_function_stack()",
            "p = w.parser(); p.supports_model_v2(w.onnx)",
            "p = w.parser(); p.supports_model_v2(w.unknown)",
            "p = w.parser(); p.supports_model_v2(w.onnx); p.num_subgraphs",
            "p = w.parser(); p.supports_model_v2(w.onnx); p.get_subgraph_nodes(0)",
            "p = w.parser(); p.supports_model_v2(w.onnx); p.is_subgraph_supported(0)",
            "p = w.parser(); p.supports_operator('Relu')",
            "p = w.parser(); p.supports_operator('Nonsense')",
            "p = w.parser(); p.flags",
            "p = w.parser(); "
            "p.set_flag(trt.OnnxParserFlag.NATIVE_INSTANCENORM) or p.get_flag(trt.OnnxParserFlag.NATIVE_INSTANCENORM)",
            "p = w.parser(); p.get_used_vc_plugin_libraries()",
            "p = w.parser(); p.load_model_proto(w.onnx); p.parse_model_proto()",
            "p = w.parser(); p.load_model_proto(b'rubbish')",
            "p = w.parser(); p.set_builder_config(w.config)",
            "p = w.parser(); p.parse(w.onnx); p.get_layer_output_tensor('nothing', 0)",
            "p = w.parser(); p.parse_from_file(w.onnx_path) and w.builder.build_serialized_network(w.other, w.config)",
        ],
    )
    yield (
        "runtime",
        [
            "trt.Runtime(None)",
            "r = trt.Runtime(w.logger); r.logger is w.logger",
            "r = trt.Runtime(w.logger); r.deserialize_cuda_engine(b'rubbish' * 50)",
            "r = trt.Runtime(w.logger); r.deserialize_cuda_engine(b'')",
            "r = trt.Runtime(w.logger); r.deserialize_cuda_engine(None)",
            "r = trt.Runtime(w.logger); r.deserialize_cuda_engine(3)",
            "r = trt.Runtime(w.logger); r.engine_header_size",
            "r = trt.Runtime(w.logger); r.get_engine_validity(w.engine())[0]",
            "r = trt.Runtime(w.logger); r.get_engine_validity(b'rubbish' * 50)[0]",
            "r = trt.Runtime(w.logger); r.max_threads",
            "r = trt.Runtime(w.logger); r.DLA_core",
            "r = trt.Runtime(w.logger); r.num_DLA_cores",
            "r = trt.Runtime(w.logger); r.error_recorder",
            "r = trt.Runtime(w.logger); r.gpu_allocator",
            "r = trt.Runtime(w.logger); r.temporary_directory",
            "r = trt.Runtime(w.logger); r.engine_host_code_allowed",
            "r = trt.Runtime(w.logger); r.engine_host_code_allowed = True; r.engine_host_code_allowed",
            "r = trt.Runtime(w.logger); r.tempfile_control_flags",
            "r = trt.Runtime(w.logger); r.defer_weights_loading",
            "r = trt.Runtime(w.logger); r.load_runtime('/nowhere')",
            "with trt.Runtime(w.logger) as r: type(r).__name__",
            "r = trt.Runtime(w.logger); r.__exit__(None, None, None) or r.max_threads",
            "trt.Refitter(None, w.logger)",
            "trt.ICudaEngine()",
            "trt.IExecutionContext()",
        ],
    )
    yield (
        "module",
        [
            "trt.float32",
            "trt.float16",
            "trt.bool",
            "str(trt.float32)",
            "trt.DataType.FLOAT.name",
            "int(trt.DataType.HALF)",
            "trt.DataType(1)",
            "trt.DataType(99)",
            "sorted(trt.DataType.__members__)",
            "trt.float32.itemsize",
            "trt.int4.itemsize",
            "trt.nptype(trt.float32)",
            "trt.nptype(trt.bool)",
            "trt.nptype(trt.int64)",
            "trt.volume((2, 3, 4))",
            "trt.volume(())",
            "trt.volume(trt.Dims((2, 3)))",
            "trt.Logger.WARNING",
            "trt.Logger.Severity.ERROR",
            "trt.ILogger.Severity.ERROR",
            "trt.Logger(trt.Logger.ERROR).min_severity",
            "trt.Logger().min_severity",
            "l = trt.Logger(); l.min_severity = trt.Logger.INFO; l.min_severity",
            "trt.Logger('WARNING')",
            "trt.Dims((1, 2))",
            "trt.Dims([1, 2])",
            "trt.Dims()",
            "trt.Dims(1, 2)",
            "trt.Dims((1, 2)) == trt.Dims([1, 2])",
            "trt.Dims((1, 2)) == [1, 2]",
            "trt.Dims((1, 2)) == (1, 3)",
            "trt.Dims([1] * 9)",
            "trt.Dims(('a',))",
            "trt.Dims.MAX_DIMS",
            "trt.Dims2()",
            "trt.Dims2(1, 2)",
            "trt.Dims2((1, 2))",
            "trt.Dims2((1, 2, 3))",
            "trt.Dims2(1)",
            "trt.Dims3(1, 2, 3)",
            "trt.Dims4(1, 2, 3, 4)",
            "isinstance(trt.DimsHW(1, 2), trt.Dims2)",
            "trt.DimsHW(1, 2).w",
            "d = trt.DimsHW(1, 2); d.h = 5; d",
            "d = trt.Dims((1, 2)); d[0] = 7; d",
            "d = trt.Dims((1, 2)); d[0:2] = (7, 8); d",
            "trt.Permutation([1, 0])[0]",
            "len(trt.Permutation([1, 0]))",
            "trt.Permutation()[3]",
            "trt.Weights().size",
            "trt.Weights(trt.float32).size",
            "trt.Weights(np.ones(3, np.float32)).size",
            "trt.Weights(np.ones(3, np.float32)).dtype",
            "trt.Weights(np.ones(3, np.float32)).nbytes",
            "len(trt.Weights(np.ones(3, np.float32)))",
            "trt.Weights(np.ones(3, np.float32)).numpy()",
            "trt.Weights('text')",
            "trt.init_libnvinfer_plugins(w.logger, '')",
            "trt.init_libnvinfer_plugins(None, '')",
            "type(trt.get_plugin_registry()).__name__",
            "type(w.builder.get_plugin_registry()).__name__",
            "trt.get_plugin_registry().get_creator('Nothing', '1', '')",
            "trt.__version__",
            "trt.get_nv_onnx_parser_version()",
            "trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED",
            "hasattr(trt, 'IInt8Calibrator')",
            "hasattr(trt, 'IAlgorithmSelector')",
            "hasattr(trt.BuilderFlag, 'FP16')",
            "hasattr(trt.ICudaEngine, 'num_bindings')",
            "trt.ErrorCode.SUCCESS",
            "trt.ErrorCodeTRT.SUCCESS",
            "trt.TensorFormat.LINEAR == trt.TensorFormat.LINEAR",
            "trt.TensorFormat.LINEAR in {trt.TensorFormat.LINEAR: 1}",
            "trt.DataType.FLOAT == trt.TensorFormat.LINEAR",
            "trt.DataType.FLOAT == 0",
            "trt.IProgressMonitor().__class__.__name__",
            "trt.IErrorRecorder.MAX_DESC_LENGTH",
            "trt.Profiler().report_layer_time('layer', 1.0)",
            "trt.IGpuAllocator and type('A', (trt.IGpuAllocator,), "
            "{'__init__': lambda s: trt.IGpuAllocator.__init__(s)})().__class__.__name__",
            "type('A', (trt.IOutputAllocator,), {'__init__': lambda s: trt.IOutputAllocator.__init__(s)})() is None",
            "type('A', (trt.IDebugListener,), {'__init__': lambda s: trt.IDebugListener.__init__(s)})() is None",
            "type('A', (trt.IProfiler,), {'__init__': lambda s: trt.IProfiler.__init__(s)})() is None",
            "type('A', (trt.IErrorRecorder,), {'__init__': lambda s: trt.IErrorRecorder.__init__(s)})() is None",
        ],
    )
    yield (
        "said",
        [
            "w.network.add_input('x', trt.float32, (2, 3)); w.said != []",
            "w.builder.build_serialized_network(w.builder.create_network(), w.config); w.said != []",
            "p = w.parser(); p.parse(b'rubbish'); w.said != []",
            "p = w.parser(); p.parse_from_file('/nowhere'); w.said != []",
            "trt.Runtime(w.logger).deserialize_cuda_engine(b'rubbish' * 50); w.said != []",
            "w.config.set_compute_capability(trt.ComputeCapability.SM120, 9); w.said != []",
            "w.network.get_input(7); w.said != []",
        ],
    )


def outcome(trt: Any, text: str) -> str:
    """What a call answers or raises, in words."""
    import ast

    world: Any = World(trt)
    world.path = os.path.join(tempfile.gettempdir(), f"trtx-compat-{os.getpid()}")
    world.onnx, world.unknown, world.onnx_path = MODELS
    names = {"__name__": "calls", "trt": trt, "np": np, "w": world}
    tree = ast.parse(text)
    last: Any = tree.body[-1]
    if isinstance(last, ast.With):
        last.body[-1] = ast.Assign([ast.Name("answer_", ast.Store())], last.body[-1].value)  # type: ignore[attr-defined]
    else:
        tree.body[-1] = ast.Assign([ast.Name("answer_", ast.Store())], last.value)
    try:
        exec(compile(ast.fix_missing_locations(tree), "call", "exec"), names)
        return in_words(names["answer_"])
    except Exception as error:
        builtins = (TypeError, ValueError, IndexError, AttributeError, RuntimeError)
        kind = next((kind.__name__ for kind in builtins if isinstance(error, kind)), type(error).__name__)
        # An error of ours may be several at once.
        kinds = [kind.__name__ for kind in builtins if isinstance(error, kind)]
        return "raises " + (" ".join(sorted(kinds)) or kind)


def in_words(value: Any) -> str:
    """A value, without what depends on the package."""
    if isinstance(value, (type(None), bool, str, float, bytes, type)) or type(value) is int:
        return repr(value)
    if isinstance(value, enum.Enum) or hasattr(type(value), "__members__"):
        return str(value).rpartition("Severity.")[2] if "Severity" in str(value) else str(value)
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.tolist()}"
    if type(value).__name__ in ("Dims", "Dims2", "Dims3", "Dims4", "DimsHW"):
        return f"shape {tuple(value)}"
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return f"{type(value).__name__} of [{', '.join(map(in_words, value))}]"
    if isinstance(value, np.dtype):
        return str(value)
    return type(value).__name__


def models() -> tuple[bytes, bytes, str]:
    """A model, one with an operator that nobody knows, and the path of the first."""
    import onnx
    from onnx import TensorProto, helper

    def model(operator: str) -> bytes:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])
        graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], name="node")], "graph", [x], [y])
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        made.ir_version = 8
        data: bytes = made.SerializeToString()
        return data

    path = os.path.join(tempfile.gettempdir(), f"trtx-compat-{os.getpid()}.onnx")
    with open(path, "wb") as file:
        file.write(model("Relu"))
    assert onnx.load(path)
    return model("Relu"), model("NobodyKnowsThis"), path


def texts() -> list[str]:
    """All calls, in their order."""
    return [text for _, found in groups() for text in found]


def main() -> None:
    """Make the calls from a number on; a line for each, as the next one may end the process."""
    global MODELS
    trt = importlib.import_module(sys.argv[1])
    MODELS = models()
    for number, text in enumerate(texts()):
        if number >= int(sys.argv[2]):
            print(json.dumps([number, outcome(trt, text)]), flush=True)
    os.remove(MODELS[2])


MODELS: tuple[bytes, bytes, str]

if __name__ == "__main__":
    main()
