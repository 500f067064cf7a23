"""Stage `gates`: what has to be measured with a model; judged later, from `gates.json` alone."""

from whet.stages.gates.measuring import FILE, check_gate_files, measure_gates
from whet.stages.gates.text import passages

__all__ = ["FILE", "check_gate_files", "measure_gates", "passages"]
