"""Who wrote it? A real context, two replies, mine and the bot's: friends pick the real one.

`pool` holds the rounds and which of them the owner lets others see, `answers` what testers picked, `result` what
it says. python -m talklikeme.blindtest draws the rounds and sums up.
"""
