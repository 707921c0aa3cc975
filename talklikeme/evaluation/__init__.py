"""Proof: how near a model's replies come to mine, beside baselines, on sessions that it never saw.

`python -m talklikeme.evaluation out/model`; finetune.py runs the same at its end.
"""
