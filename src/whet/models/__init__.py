"""Models: loading, LoRA layers, adapter files, and the bundled whet-nano."""
