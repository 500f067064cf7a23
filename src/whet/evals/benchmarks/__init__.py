"""Public benchmarks from local files, asked through lm-eval. Imports neither it nor torch itself."""
