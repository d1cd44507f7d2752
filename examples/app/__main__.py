"""A web page that says what a picture shows.

    pip install '.[app]'
    python examples/app                                            # a model of its own, which names colours
    python examples/app model.onnx --labels imagenet.txt --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225

Then open http://127.0.0.1:8000. Ctrl-C, or SIGTERM, ends it when the requests under way are answered.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import uvicorn
    from classifier import Classifier, Settings
    from web import Limits, create_app
except ModuleNotFoundError as error:
    sys.exit(f"app: the package {error.name} is missing; install it with: pip install '.[app]'")

import trtx


def numbers(text: str) -> tuple[float, float, float]:
    red, green, blue = map(float, text.split(","))
    return red, green, blue


def main() -> int:
    parser = argparse.ArgumentParser(description="A web page that says what a picture shows")
    parser.add_argument("model", type=Path, nargs="?", help="an ONNX model or engine that takes N x 3 x H x W floats; "
                        "without it, one that names colours")  # fmt: skip
    parser.add_argument("--labels", type=Path, help="file with the name of each class, one a line")
    parser.add_argument("--mean", type=numbers, default=(0.0, 0.0, 0.0), metavar="R,G,B", help="taken off (0 to 1)")
    parser.add_argument("--std", type=numbers, default=(1.0, 1.0, 1.0), metavar="R,G,B", help="divided by")
    parser.add_argument("--contexts", type=int, default=2, help="runs at the same time")
    parser.add_argument("--cache", type=Path, help="folder that keeps the engine and its kernels for the next start")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--most", type=int, default=32, metavar="N", help="requests at the same time; more get a 503")
    chosen = parser.parse_args()
    settings = Settings(chosen.model, chosen.labels, chosen.mean, chosen.std, chosen.contexts, chosen.cache)
    try:
        classifier = Classifier(settings)
    except (trtx.Error, OSError, ValueError) as error:
        print(f"app: {error}", file=sys.stderr)
        return 1
    print(f"{classifier.name}: http://{chosen.host}:{chosen.port}", flush=True)
    app = create_app(lambda: classifier, Limits(requests=chosen.most))
    uvicorn.run(app, host=chosen.host, port=chosen.port, log_level="warning", timeout_graceful_shutdown=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
