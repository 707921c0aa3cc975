"""What this machine computes fast, and how it hands out memory."""

import torch


def multiplies_bf16() -> bool:
    """Whether the hardware has bf16 products of its own; made of others they take ten times as long."""
    if torch.accelerator.is_available():
        return torch.cuda.is_available() and bool(
            torch.cuda.is_bf16_supported(including_emulation=False)
        )
    return bool(torch.cpu._is_avx512_bf16_supported())
