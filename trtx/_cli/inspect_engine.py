"""What `trtx inspect` tells of an engine: from its header anywhere, the rest where the engine can be loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import trtx

from . import words
from .failures import explain, without_subject
from .header import Header, is_fake, read_header
from .types import target

if TYPE_CHECKING:
    from rich.console import Console

#: What a reason of the library means for its user, and what to do.
REASONS = {
    "VERSION_MISMATCH": "another version of TensorRT-RTX built it: load that version, or build it again",
    "UNSUPPORTED_CC": "it is not for the GPU of this machine: build it again with --targets current, or for more GPUs",
    "OLD_CUDA_DRIVER": "the driver is too old: install a newer one",
    "OLD_CUDA_RUNTIME": "the CUDA runtime is too old: install the TensorRT-RTX libraries for this CUDA",
    "INSUFFICIENT_GPU_MEMORY": "the GPU has too little memory: build with --weight-streaming, or use another GPU",
    "MALFORMED_ENGINE": "the file is damaged, or no engine: build or copy it again",
    "CUDA_ERROR": "CUDA failed when it was asked about this machine: see trtx doctor",
}


class Reason(NamedTuple):
    """Why an engine cannot be used here, or not well."""

    name: str
    text: str


def describe_engine(path: str, logger: trtx.Logger) -> dict[str, Any]:
    """All that can be found out about an engine here, as JSON can say it."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(64)
    header = read_header(head)
    data: dict[str, Any] = {"kind": "engine", "header": _header(header), "engine": None}
    reasons = _reasons(header, size) if not is_fake(head) else []
    validity, unknown = ("invalid" if reasons else "unknown"), ""
    try:
        runtime = trtx.Runtime(logger)
    except trtx.LibraryError as error:
        unknown = explain(error).cause
    else:
        with runtime:
            try:
                report = runtime.get_engine_validity(path)
                known = {reason.name for reason in reasons}
                reasons += [Reason(name, REASONS[name]) for name in _names(report.diagnostics) if name not in known]
                validity = "invalid" if reasons and validity == "invalid" else report.validity.name.lower()
            except trtx.Error as error:
                unknown = _first_line(error)
            if not {"VERSION_MISMATCH", "MALFORMED_ENGINE"} & {reason.name for reason in reasons}:
                try:
                    with runtime.deserialize_cuda_engine(path) as engine:
                        data["engine"] = _contents(engine)
                except trtx.Error as error:
                    unknown = unknown or _first_line(error)
    data["validity"] = {"here": validity, "reasons": [one._asdict() for one in reasons], "unknown": unknown}
    return data


def _header(header: Header | None) -> dict[str, Any] | None:
    if header is None:
        return None
    return {
        "bytes": header.nbytes,
        "library": ".".join(map(str, header.version)),
        "targets": [target(one) for one in header.targets] + ["others"] * header.for_others,
        "cuda": None if header.cuda is None else ".".join(map(str, header.cuda)),
    }


def _reasons(header: Header | None, size: int) -> list[Reason]:
    """What the file alone, and the version of the library, say against it."""
    if header is None:
        return [Reason("MALFORMED_ENGINE", "its header is none of TensorRT-RTX 1.5 or newer")]
    if header.nbytes != size:
        kind = "cut off" if header.nbytes > size else "damaged"
        text = f"the file is {kind}: it has {size:,} bytes, and its header tells of {header.nbytes:,}; copy it again"
        return [Reason("MALFORMED_ENGINE", text)]
    try:
        version = trtx.library_version()
    except trtx.LibraryError:
        return []
    if (*version[:3], version.build & 0xFF) == header.version:
        return []
    built_by = ".".join(map(str, header.version))
    text = f"TensorRT-RTX {built_by} built it and {version} is loaded: load that version, or build it again"
    return [Reason("VERSION_MISMATCH", text)]


def _names(diagnostics: trtx.EngineInvalidityDiagnostics) -> list[str]:
    return [one.name for one in trtx.EngineInvalidityDiagnostics if one in diagnostics and one.name]


def _first_line(error: BaseException) -> str:
    return without_subject(str(error).splitlines()[0])


def _contents(engine: trtx.CudaEngine) -> dict[str, Any]:
    """What only a loaded engine tells."""
    rows: dict[str, list[dict[str, Any]]] = {"INPUT": [], "OUTPUT": []}
    for tensor in engine.io_tensors:
        row: dict[str, Any] = {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(tensor.shape)}
        if tensor.mode is trtx.TensorIOMode.INPUT and -1 in tensor.shape:
            row["profiles"] = [
                [list(shape) for shape in engine.get_tensor_profile_shape(tensor.name, index)]
                for index in range(engine.num_optimization_profiles)
            ]
        rows[tensor.mode.name].append(row)
    return {
        "name": engine.name,
        "inputs": rows["INPUT"],
        "outputs": rows["OUTPUT"],
        "profiles": engine.num_optimization_profiles,
        "scratch_bytes": engine.device_memory_size_v2,
        "weights": {
            "bytes": engine.get_engine_stat(trtx.EngineStat.TOTAL_WEIGHTS_SIZE),
            "stripped_bytes": engine.get_engine_stat(trtx.EngineStat.STRIPPED_WEIGHTS_SIZE),
            "streamable_bytes": engine.streamable_weights_size,
            "refittable": engine.refittable,
        },
        "num_layers": engine.num_layers,
        "layers": _layers(engine),
    }


def _layers(engine: trtx.CudaEngine) -> list[dict[str, Any]]:
    with engine.create_engine_inspector() as inspector:
        listed = inspector.engine_information().get("Layers", [])
    return [_layer(one) for one in listed]


def _layer(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):  # its name alone: the build was not told to keep more
        return {"name": str(one), "type": "", "inputs": [], "outputs": []}
    return {
        "name": str(one.get("Name", "")),
        "type": str(one.get("LayerType", "")),
        "inputs": [_tensor_name(tensor) for tensor in one.get("Inputs", ())],
        "outputs": [_tensor_name(tensor) for tensor in one.get("Outputs", ())],
    }


def _tensor_name(tensor: Any) -> str:
    return str(tensor.get("Name", "")) if isinstance(tensor, dict) else str(tensor)


def show_engine(console: Console, path: str, data: dict[str, Any], *, with_layers: bool) -> None:
    """Draw what `describe_engine` says."""
    from rich.text import Text

    header, validity, engine = data["header"], data["validity"], data["engine"]
    console.print(words.title(path, f"engine, {words.size(data['bytes'])}"))
    styles = {"valid": "green", "suboptimal": "yellow", "invalid": "bold red", "unknown": "yellow"}
    said = validity["here"] + (f": {validity['unknown']}" if validity["here"] == "unknown" else "")
    pairs: list[tuple[str, Any]] = [("usable here", Text(said, style=styles[validity["here"]]))]
    pairs += [("", f"{one['name']}: {one['text']}") for one in validity["reasons"]]
    if header is not None:
        pairs += [("built by", f"TensorRT-RTX {header['library']}"), ("targets", ", ".join(header["targets"]))]
        pairs += [("CUDA", header["cuda"])] if header["cuda"] else []
    if engine is not None:
        weights = engine["weights"]
        notes = [f"{words.size(weights['stripped_bytes'])} left out"] if weights["stripped_bytes"] else []
        notes += ["refittable"] if weights["refittable"] else []
        notes += [f"{words.size(weights['streamable_bytes'])} streamable"] if weights["streamable_bytes"] else []
        pairs += [
            ("weights", ", ".join([words.size(weights["bytes"]), *notes])),
            ("scratch", f"{words.size(engine['scratch_bytes'])} of GPU memory for each context"),
            ("layers", f"{engine['num_layers']}, {words.plural(engine['profiles'], 'optimization profile')}"),
        ]
    console.print(words.facts(pairs))
    if engine is None:
        why = "the engine cannot be used here" if validity["here"] == "invalid" else validity["unknown"]
        console.print(f"\nInputs, outputs and layers show only where it can be loaded ({why}).", style="dim")
        return
    for heading, rows in (("input", engine["inputs"]), ("output", engine["outputs"])):
        console.print()
        console.print(words.tensors(heading, rows))
    if with_layers:
        table = words.grid("layer", "type", "outputs")
        for layer in engine["layers"]:
            table.add_row(layer["name"], layer["type"], ", ".join(layer["outputs"]))
        console.print()
        console.print(table)
