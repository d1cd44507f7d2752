"""Why `trtx.compat` differs from NVIDIA's package where it does."""

from __future__ import annotations

_EARLY = "`trtx` looks at a layer's inputs when it is added, and NVIDIA's package at the build"
_MORE = "more is taken"
_PLAIN = "NVIDIA's package cannot show it, and raises"
_OUTSIDE = "enums are those of `trtx`, with its names"
_BETTER = "NVIDIA's package answers with something that means nothing"

#: Calls of `tests.compat.calls` that have another outcome.
CALLS: dict[str, str] = {
    "w.network.add_input('', trt.float32, (2, 3))": "an input without a name could not be bound",
    "w.network.add_input('y', np.float32, (2, 3))": _MORE,
    "trt.OnnxParser(w.network)": _MORE,
    "d = trt.Dims((1, 2)); d[0:2] = (7, 8); d": _MORE,
    "trt.Dims((1, 2)) == trt.Dims([1, 2])": _MORE,
    "w.relu().get_output_type(0)": _BETTER,
    "trt.DataType(99)": _BETTER,
    "w.builder.gpu_allocator": _PLAIN,
    "r = trt.Runtime(w.logger); r.gpu_allocator": _PLAIN,
    "trt.IErrorRecorder.MAX_DESC_LENGTH": "the number, and not the property that has it",
    "w.network.add_gather(w.x, w.x, 0).axis": _EARLY,
    "y = w.network.add_input('y', trt.float32, (4, 5)); "
    "w.network.add_matrix_multiply(w.x, trt.MatrixOperation.NONE, y, trt.MatrixOperation.NONE)"
    ".get_output(0).shape": _EARLY,
    "w.network.add_constant((2, 3), [1, 2])": "it is the count that is refused: a list is taken as an array",
    "w.config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, -1)": "a wrong value, which the log tells of",
    "w.config.add_optimization_profile(None)": "a wrong type is a `TypeError`",
    "p = w.parser(); p.parse(b'rubbish'); p.get_error(0).code()": _OUTSIDE,
    "p = w.parser(); p.parse(w.unknown); p.get_error(0).code()": _OUTSIDE,
    "trt.ErrorCode.SUCCESS": _OUTSIDE,
    "trt.ErrorCodeTRT.SUCCESS": _OUTSIDE,
    "w.network.add_reduce(w.x, trt.ReduceOperation.SUM, True, True).axes": "True is no mask of axes",
    "w.network.add_padding_nd(w.x, (0, 0), (1, 1)).post_padding_nd": _EARLY,
    "1 << trt.BuilderFlag.TF32": _MORE,
    "trt.DataType.FLOAT < trt.DataType.HALF": _MORE,
    "trt.DataType.FLOAT == 0": "enums are `IntEnum`, which equal their integers",
    "len(trt.Permutation([1, 0]))": "a permutation has as many axes as it was given",
    "trt.Permutation()[3]": "a permutation has as many axes as it was given",
    "trt.Weights('text')": "`Weights` is the class of `trtx`, which raises a `ValueError`",
}

#: Members of classes that are not there, beside those of which asking for them says why.
MEMBERS: dict[str, str] = {
    "IVersionedInterface": "classes that you derive from tell the library themselves what they are",
}

#: Tests of others that end in another way.
UPSTREAM: dict[str, str] = {
    "backend.trt.test_util::test_all_layer_types_mapped": "one more: `LayerType` has two spellings of `KVCACHE_UPDATE`",
}
