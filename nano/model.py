"""The training form of whet-nano: a Llama written plainly, with the parameter names that Hugging
Face uses.

The forward pass is what `transformers.LlamaForCausalLM` computes (`package.py` proves it to 1e-4);
it exists because attention here takes document numbers, so that a row may hold many documents that
do not see each other.

Float32 is the fast type on the CPU it was trained on: a 4096 x 256 x 640 product took 12 ms in
float32 and 18 ms in bfloat16 (one thread, AVX-512 without AMX); `scaled_dot_product_attention` with
a mask, forward and backward, took 68 ms for 16 rows of 256 tokens where matmul + softmax + matmul
took 123 ms.

Shapes: B rows, T tokens in a row, C hidden width, H heads, G key/value heads, D width of a head, V
vocabulary.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class NanoConfig:
    """The shape of the model, under the names of `transformers.LlamaConfig`."""

    vocab_size: int = 3072
    hidden_size: int = 256
    intermediate_size: int = 512
    num_hidden_layers: int = 5
    num_attention_heads: int = 8
    num_key_value_heads: int = 4
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5
    max_position_embeddings: int = 2048

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def as_dict(self) -> dict[str, int | float]:
        """The fields as a plain dictionary, for `config.json`."""
        return asdict(self)


def rotary_tables(config: NanoConfig, num_positions: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of rotary positions, each [num_positions, D], in float32, in the half-split
    layout of Llama.
    """
    frequencies = config.rope_theta ** (
        -torch.arange(0, config.head_dim, 2).float() / config.head_dim
    )
    angles = torch.outer(torch.arange(num_positions).float(), frequencies)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(heads_BHTD: Tensor, cos_TD: Tensor, sin_TD: Tensor) -> Tensor:
    """Heads turned by their positions."""
    first, second = heads_BHTD.chunk(2, dim=-1)
    return heads_BHTD * cos_TD + torch.cat([-second, first], dim=-1) * sin_TD


class Attention(nn.Module):
    """Causal attention with grouped key/value heads, blind to other documents in the row."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.config = config
        key_width = config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, key_width, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, key_width, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x_BTC: Tensor, cos_TD: Tensor, sin_TD: Tensor, mask_B1TT: Tensor) -> Tensor:
        B, T, C = x_BTC.shape
        D, H, G = (
            self.config.head_dim,
            self.config.num_attention_heads,
            self.config.num_key_value_heads,
        )
        q = rotate(self.q_proj(x_BTC).view(B, T, H, D).transpose(1, 2), cos_TD, sin_TD)
        k = rotate(self.k_proj(x_BTC).view(B, T, G, D).transpose(1, 2), cos_TD, sin_TD)
        v = self.v_proj(x_BTC).view(B, T, G, D).transpose(1, 2)
        k = k.repeat_interleave(H // G, dim=1)
        v = v.repeat_interleave(H // G, dim=1)
        attended_BHTD = F.scaled_dot_product_attention(q, k, v, attn_mask=mask_B1TT)
        out_BTC: Tensor = self.o_proj(attended_BHTD.transpose(1, 2).reshape(B, T, C))
        return out_BTC


class FeedForward(nn.Module):
    """The gated feed-forward part: down(silu(gate(x)) * up(x))."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x_BTC: Tensor) -> Tensor:
        out_BTC: Tensor = self.down_proj(F.silu(self.gate_proj(x_BTC)) * self.up_proj(x_BTC))
        return out_BTC


class Layer(nn.Module):
    """Attention, then feed-forward, each on a normalised copy of the stream and added to it."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.mlp = FeedForward(config)

    def forward(self, x_BTC: Tensor, cos_TD: Tensor, sin_TD: Tensor, mask_B1TT: Tensor) -> Tensor:
        x_BTC = x_BTC + self.self_attn(self.input_layernorm(x_BTC), cos_TD, sin_TD, mask_B1TT)
        out_BTC: Tensor = x_BTC + self.mlp(self.post_attention_layernorm(x_BTC))
        return out_BTC


class Nano(nn.Module):
    """The whole model; `logits` are the hidden states times the transposed embeddings."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        cos, sin = rotary_tables(config, config.max_position_embeddings)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights: embeddings small because they are tied, the outputs of each branch
        scaled by depth.
        """
        depth_scale = (2 * self.config.num_hidden_layers) ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                deviation = 0.02 if "embed" in name else parameter.shape[1] ** -0.5 * 0.8
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    deviation *= depth_scale
                nn.init.normal_(parameter, std=deviation)

    def hidden(self, tokens_BT: Tensor, documents_BT: Tensor) -> Tensor:
        """Final hidden states [B, T, C]; a token sees only earlier tokens of its own document."""
        T = tokens_BT.shape[1]
        same = documents_BT[:, :, None] == documents_BT[:, None, :]
        causal = torch.ones(T, T, dtype=torch.bool, device=tokens_BT.device).tril()
        mask_B1TT = torch.zeros(same.shape, device=tokens_BT.device).masked_fill(
            ~(same & causal), -1e4
        )[:, None]
        x_BTC = self.embed_tokens(tokens_BT)
        for layer in self.layers:
            x_BTC = layer(x_BTC, self.cos[:T], self.sin[:T], mask_B1TT)
        out_BTC: Tensor = self.norm(x_BTC)
        return out_BTC

    def forward(self, tokens_BT: Tensor, documents_BT: Tensor) -> Tensor:
        """Logits [B, T, V]."""
        return F.linear(self.hidden(tokens_BT, documents_BT), self.embed_tokens.weight)
