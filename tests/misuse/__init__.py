"""The misuse battery: what happens to a program that does the wrong thing, with trtx and with NVIDIA's package.

`python -m tests.misuse` runs the cases for trtx, each in a process of its own, and ``--nvidia`` sets NVIDIA's package
beside it. The rules by which outcomes are judged stand in `verdict`, the cases in the modules ``cases_*``.
"""
