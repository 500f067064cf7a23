"""What training left, and how to repeat it."""

from __future__ import annotations

import math

LOSSES = [[s, 0.28 + 2.6 * math.exp(-s / 38) + 0.07 * math.sin(s * 1.7)] for s in range(1, 241, 2)]
VALIDATION = [
    [s, 0.44 + 1.9 * math.exp(-s / 34) + 0.0009 * max(0, s - 130)] for s in range(20, 241, 20)
]

TRAINING = {
    "method": "lora",
    "steps": 240,
    "examples": 3080,
    "seconds": 1312.4,
    "num_trainable": 8_798_208,
    "num_total": 502_830_976,
    "losses": LOSSES,
    "validation_losses": VALIDATION,
    "best_step": 140,
    "stopped_early": True,
    "diagnosis": [
        "Validation loss was lowest at step 140 and rose by 0.06 since: the weights of step 140"
        " are kept.",
        "Training loss went on falling, which is over-fitting: fewer epochs would do.",
    ],
    "seeds": [{"seed": 0, "validation_loss": 0.481, "chosen": True}],
    "dtype": "bfloat16",
    "peak_memory_bytes": 6_871_947_674,
    "settings": {
        "method": "lora",
        "rank": 16,
        "alpha": 16.0,
        "rslora": False,
        "target_modules": ["all-linear"],
        "epochs": 3.0,
        "batch_size": 16,
        "learning_rate": 2e-4,
        "schedule": "cosine",
        "max_length": None,
        "seed": 0,
    },
}

REPEAT = {
    "command": "whet run --config whet.yaml train.learning_rate=2e-4",
    "whet": "0.1.0",
    "python": "3.11.9",
    "torch": "2.13.0",
    "transformers": "5.0.0",
    "platform": "Linux-6.8 x86_64, 16 cores, NVIDIA L4",
    "seed": 0,
    "config_text": "task: Route a bank customer's message to one of 77 intents.\n"
    "model: Qwen/Qwen2.5-0.5B-Instruct\ndata:\n  train: data/train.jsonl\n  test: data/test.jsonl\n"
    "prompt: [prompts/short.txt, prompts/labels.txt]\neval: {primary: exact_match, margin: 0.02}\n",
    "digests": {
        "model": "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "tokenizer": "sha256:c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4",
        "template": "sha256:69788796a5b4c3d2e1f00f1e2d3c4b5a",
    },
}
