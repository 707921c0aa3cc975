"""The control tokens: one list, for training and chat; never made from text."""

PAD = "<pad>"  # also the token that the decoder starts with, as in T5
END = "</s>"  # ends a context and a reply
FRIEND = "<friend>"  # the friend's next turn begins
ME = "<me>"  # my next turn begins
BUBBLE = "<bubble>"  # the same person sends another message
SPECIAL_TOKENS = (PAD, END, FRIEND, ME, BUBBLE)
