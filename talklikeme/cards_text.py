"""The texts of the cards that talklikeme/model_card.py and cards.py fill in."""

MODEL = """
# A model that talks like one person

{made}. It imitates one person's way of writing short messages. **It knows nothing, makes things up and
may be rude: what it says is not the person's word.** The chats that it learned from belong to at
least two people each: share it only with the consent of all of them, and keep it private otherwise.

## How to use it

With plain transformers:

```python
{usage}
```

A friend's turn opens with `<friend>`, mine with `<me>`, `<bubble>` parts two messages of one turn. With
talklikeme, which also cuts long conversations and redacts what friends paste: put this folder at
`out/model` and run `python app.py --no-messenger`.

## What it learned from

{data}

## How well it does

{metrics}

{leaks}

## How it was made

{options}

{training}

## Limits

It saw one person's replies and little else, so it makes sense only by luck outside of what friends
usually wrote. It reads at most {context} tokens of a conversation and answers with at most {reply}. It cannot
tell that a friend is in need, and must not be used to deceive people about whom they talk to.

## Licences

The code that made it is Apache-2.0. The weights carry what was learned from private chats, for which no
licence is given{base_licence}.

{versions}
"""

USAGE = """\
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

model = AutoModelForSeq2SeqLM.from_pretrained("{place}")
tokenizer = AutoTokenizer.from_pretrained("{place}")
asked = "<friend> whats up" + tokenizer.eos_token
ids = tokenizer(asked, add_special_tokens=False, return_tensors="pt").input_ids
said = tokenizer.decode(model.generate(ids)[0]).split(tokenizer.eos_token)[0]
print(said.replace(tokenizer.pad_token, "").replace("<bubble>", "\\n"))"""

TOKENIZER = """
# A tokenizer that knows how a few people write

{size:,} tokens{base}. It keeps case, emoji and spelling, and knows `<friend>`, `<me>`, `<bubble>`
and the placeholders of redacted secrets. Load it with `AutoTokenizer.from_pretrained("{repo}")`.

**Its vocabulary was learned from private chats**: words that these people use often, names among them,
are tokens of their own, for everybody to read who can see this repository.

{coverage}

The code that made it is Apache-2.0; for the vocabulary no licence is given.

{versions}
"""

DATASET = """
# What friends said, and what one person answered

{pairs}

Load it with `datasets.load_dataset("{repo}")`.

| column | what |
|---|---|
| `prompt` | what was said before, oldest first: `role` (`user` the friend, `assistant` the person) and `content` |
| `completion` | the person's reply, a message a bubble, in the same form (TRL's prompt–completion) |
| `platform` | the app it was written in |
| `friend`, `session` | numbers: who was answered, and which sitting it was; no names, no ids of the apps |
| `reply_delay_s` | seconds until the reply |

## How it was made

With talklikeme {version} from chat exports: messages in order, cut into sessions by silence, sessions
held out whole. {records}

## Privacy

**These are private messages of at least two people each.** {redaction} Redaction is rules and misses what
has no shape; names in texts {names}. Do not publish it without the consent of everybody in it. No
licence is given.

{versions}
"""

SPACE = """
# Talk to it

A chat with a small model that imitates how one person writes. It knows nothing and makes things up.
Made with talklikeme; the model is in `out/model`, its card is `out/model/README.md`.
"""
