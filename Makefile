# `make demo` and `make test` do everything on a fresh machine: they make their own virtual environment from PyPI.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python

# The version that tests run on by default; tests/sys also runs the others.
TENSORRT_RTX ?= 1.6.1.120

.DEFAULT_GOAL := help
.PHONY: help demo test lint abi-check sanitize fuzz soak soak-gpu misuse onnx-backend docs benchmark benchmark-gpu generate clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(VENV)/.demo: pyproject.toml setup.py build_ffi.py $(wildcard csrc/src/* csrc/include/* trtx_sys/*.py trtx_sys/*.h* trtx_sys/*.txt)
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[cu13,cuda,examples]'
	touch $@

$(VENV)/.test: $(VENV)/.demo
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[test,docs]' 'tensorrt-rtx-cu13-libs==$(TENSORRT_RTX)'
	touch $@

demo: $(VENV)/.demo ## Build a real network into an engine, inspect it, and run it where there is a GPU
	$(RUN) examples/basic_workflow.py

test: $(VENV)/.test lint ## Run every test on the real library
	$(RUN) -m tests.helpers.libraries
	$(RUN) -m pytest tests

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

docs: $(VENV)/.demo ## Build the documentation into build/docs/html
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[docs,onnx,session]'
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

generate: $(VENV)/.test ## Write the generated files
	$(RUN) -m codegen

clean: ## Remove what was built
	rm -rf $(VENV) build trtx.egg-info trtx_sys/_ffi.cpp trtx_sys/_ffi.*.so trtx_sys/*.so
