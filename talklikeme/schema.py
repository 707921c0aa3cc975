"""The columns of out/pairs, without importing datasets: every worker process needs them (design.md §2)."""

import pyarrow as pa

_TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
ROW_SCHEMA = pa.schema(
    [
        ("prompt", _TURNS),
        ("completion", _TURNS),
        ("platform", pa.string()),
        ("conversation", pa.string()),
        ("friend", pa.string()),
        ("session", pa.string()),
        ("sent_at", pa.timestamp("us", tz="UTC")),
        ("reply_delay_s", pa.float64()),
        ("source", pa.string()),
    ]
)
