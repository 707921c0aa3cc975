"""T5's queries learn at the rate that their size asks for.

T5 does not divide attention's products by sqrt(d_kv); its query weights begin that much smaller
instead (Raffel et al. 2020; `factor * (d_model * d_kv) ** -0.5` in transformers). Adafactor, by which
T5 was trained, takes steps as large as the weights (Shazeer and Stern 2018). AdamW's and Muon's steps
have one size for all, so the queries would grow sqrt(d_kv) times as fast as in scaled attention: within
a few hundred steps every softmax is one-hot, has no gradient left, and the decoder never learns to
listen to the encoder. Divided by sqrt(d_kv), their steps are those of scaled attention.
"""

import re
from typing import Any

from torch.optim import Optimizer

from talklikeme.rates import scale_rates

UNSCALED = frozenset({"t5", "mt5", "umt5", "longt5", "switch_transformers"})  # model types
_QUERY = re.compile(r"Attention\.q\.weight$")


def slow_queries(optimizer: Optimizer, model: Any) -> None:
    """Divide the optimizer's groups, those of T5's queries with their own rate; others stay whole."""
    if getattr(model.config, "model_type", "") not in UNSCALED:
        return
    share = model.config.d_kv**-0.5
    named = model.named_parameters()
    scale_rates(optimizer, {id(weight): share for name, weight in named if _QUERY.search(name)})
