"""Public benchmarks from local files, asked through lm-eval."""
