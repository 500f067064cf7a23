"""Layer inputs in the host's memory while a GPU does something else.

    forward    layer 1   layer 2   layer 3 ...        backward   layer 3   layer 2   layer 1
    copies          1 out     2 out                                   2 in      1 in

Copies out and in run on a stream of their own, to and from pinned memory; when one layer's input is
asked for, that of the layer before is already on its way. (Not measured: written without a GPU.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True, eq=False)
class HostCopy:
    """One layer's input on the host, and the one of the layer before in the same row."""

    buffer: Tensor
    device: torch.device
    before: HostCopy | None
    arriving: Tensor | None = None


class HostCopies:
    """The two hooks of `torch.autograd.graph.saved_tensors_hooks`."""

    def __init__(self) -> None:
        self._last: HostCopy | None = None
        self._stream: torch.cuda.Stream | None = None

    def begin_row(self) -> None:
        """The next copy has none before it."""
        self._last = None

    def pack(self, tensor: Tensor) -> HostCopy:
        """Starts the copy to the host."""
        pinned = tensor.is_cuda
        buffer = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=pinned)
        if pinned:
            stream = self._side_stream(tensor.device)
            stream.wait_stream(torch.cuda.current_stream(tensor.device))
            with torch.cuda.stream(stream):
                buffer.copy_(tensor, non_blocking=True)
            tensor.record_stream(stream)
        else:
            buffer.copy_(tensor)
        self._last = HostCopy(buffer, tensor.device, self._last)
        return self._last

    def unpack(self, copy: HostCopy) -> Tensor:
        """The tensor on its device again; the one before it is sent for."""
        self._send_for(copy)
        tensor, copy.arriving = copy.arriving, None
        assert tensor is not None
        if tensor.is_cuda:
            current = torch.cuda.current_stream(tensor.device)
            current.wait_stream(self._side_stream(tensor.device))
            tensor.record_stream(current)
        if copy.before is not None:
            self._send_for(copy.before)
        return tensor

    def _send_for(self, copy: HostCopy) -> None:
        if copy.arriving is not None:
            return
        if copy.device.type == "cuda":
            with torch.cuda.stream(self._side_stream(copy.device)):
                copy.arriving = copy.buffer.to(copy.device, non_blocking=True)
        else:
            copy.arriving = copy.buffer.clone()

    def _side_stream(self, device: torch.device) -> torch.cuda.Stream:
        if self._stream is None:
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        return self._stream
