"""What answers: llama.cpp, transformers or vLLM, each behind one interface."""
