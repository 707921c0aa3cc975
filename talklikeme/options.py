"""The options of each script: one dataclass a script, one help text an option.

`--help` is made from these fields; configs/*.yaml and the README's tables are checked against them.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
EngineName = Literal["auto", "ctranslate2", "transformers"]
ComputeType = Literal["int8", "float32"]
OnUnknown = Literal["give_up", "resend_once"]
AuthChoice = Literal["auto", "password", "none"]
PageChoice = Literal["auto", "all", "chat"]


def option(default: Any, text: str) -> Any:
    """A dataclass field that is a flag and a YAML key."""
    return field(default=default, metadata={"help": text})


def _as_tuple(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """The columns of a table as its owner names them; `a.b` reaches into a JSON object."""

    __pydantic_config__ = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    text: str = ""
    sender: str = ""
    time: str = ""  # "day+clock" where two columns hold it
    time_format: str = ""  # as datetime.strptime takes it
    conversation: str = ""
    direction: str = ""
    message_id: str = ""
    reply_to: str = ""
    # What stands in `direction`, else in `sender`, where I am the sender.
    mine: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()

    def __post_init__(self) -> None:
        if not self.text or not (self.sender or self.direction):
            raise ValueError("it needs text, and sender or direction")
        if self.time_format:
            _check_time_format(self.time_format, self.time)


def _check_time_format(told: str, time: str) -> None:
    """Raise ValueError for a format that reads no time of day and date."""
    if not time:
        raise ValueError("time_format is there, but time is not")
    now = datetime(2024, 5, 17, 13, 45, 56, tzinfo=UTC)
    try:
        day = datetime.strptime(now.strftime(told), told).date()  # noqa: DTZ007 - only the day counts
    except ValueError as error:
        raise ValueError(f"time_format cannot be used: {error}") from None
    if day != now.date():
        raise ValueError("time_format needs a day, a month and a year, like %d.%m.%Y %H:%M")


@dataclass(frozen=True, kw_only=True)
class SharedOptions:
    """What every script knows."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    config: Path | None = None
    out: Path = option(Path("out"), "folder that holds pairs/, tokenizer/, model/ and state/")
    seed: NotNegative = option(0, "seed of everything random")

    @property
    def pairs_folder(self) -> Path:
        """Where prepare_data.py puts the dataset."""
        return self.out / "pairs"

    @property
    def tokenizer_folder(self) -> Path:
        """Where train_tokenizer.py puts the tokenizer."""
        return self.out / "tokenizer"

    @property
    def training_folder(self) -> Path:
        """Where finetune.py works until the model is whole: checkpoints, logs, sample board."""
        return self.out / "training"

    @property
    def model_folder(self) -> Path:
        """Where finetune.py puts the model."""
        return self.out / "model"


@dataclass(frozen=True, kw_only=True)
class HubOptions:
    """Whether a script pushes what it has made; the token is HF_TOKEN in the environment."""

    push_to_hub: str = option(
        "", "push the result to this repository of the Hugging Face Hub, OWNER/NAME"
    )
    hub_private: bool = option(True, "keep what is pushed private")


@dataclass(frozen=True, kw_only=True)
class PrepareOptions(SharedOptions, HubOptions):
    """Options of prepare_data.py."""

    exports: tuple[Path, ...] = option((), "files, folders or zips with chat exports")
    me: tuple[str, ...] = option(
        (), "your name in the chats, if the exports do not tell; repeat for several"
    )
    timezone: str | None = option(
        None,
        "zone of exports that hold local clock times, like Europe/Berlin (default: this machine's)",
    )
    date_order: Literal["auto", "day-first", "month-first", "year-first"] = option(
        "auto", "order of WhatsApp's dates, if a file does not show it"
    )
    columns: ColumnMapping | None = option(
        None,
        "which column of an unknown table is text, sender, time …, like text=Nachricht "
        "(docs/formats.md)",
    )
    inspect: bool = option(False, "only read, and print what was found")
    found: Path | None = option(
        None, "also write what was found, with the people's names, as JSON to this file"
    )
    messages: Path | None = option(
        None, "also write every message as one JSON object a line to this file"
    )
    fresh: bool = option(False, "replace pairs that another config left in --out")
    session_gap_minutes: Positive = option(60, "a silence of so long starts a new session")
    max_reply_delay_hours: Positive = option(
        24, "my answer to an earlier session still counts within this time"
    )
    context_turns: Positive = option(4, "turns before my reply that the model sees")
    groups: Literal["keep", "drop", "addressed"] = option(
        "addressed", "group chats: all my replies, none, or those to one person"
    )
    exclude_friend: tuple[str, ...] = option((), "leave this friend out; repeat for several")
    since: date | None = option(None, "leave out what was said before this day, like 2020-01-31")
    until: date | None = option(None, "leave out what was said after this day")
    min_messages: NotNegative = option(0, "leave out chats with fewer messages")
    max_message_chars: Positive = option(
        4_000, "leave out longer messages: pasted documents and logs"
    )
    redact: Literal["off", "report", "on"] = option(
        "on", "replace phone numbers, cards, passwords …; report only counts them"
    )
    region: str = option("", "country of phone numbers without a country code, like DE")
    keep_hosts: bool = option(False, "keep the host of a replaced link")
    pseudonymise: bool = option(False, "replace each friend's name everywhere by an invented one")
    people: Path | None = option(None, "YAML that says which identities are one friend")
    suggest_people: Path | None = option(None, "write such a YAML, to be checked by you")
    num_proc: Positive = option(1, "processes that read and pair at the same time")
    validation_share: Share = option(0.05, "share of sessions held out to stop training in time")
    test_share: Share = option(0.05, "share of sessions held out to judge the model")
    test_since: date | None = option(
        None, "hold out the sessions of this day and later instead, like 2024-01-01"
    )


@dataclass(frozen=True, kw_only=True)
class BasePairsOptions(SharedOptions):
    """Options of python -m talklikeme.base_pairs."""

    corpora: Path = option(Path("../shared/data/base"), "folder with one file a corpus")
    take: dict[str, Annotated[float, Field(gt=0)]] = field(
        default_factory=dict,
        metadata={
            "help": "which corpora, and the share of each, like crd3=0.3; 2: every pair twice"
        },
    )
    casual: dict[str, Share] = field(
        default_factory=dict,
        metadata={
            "help": "share of a corpus that is read as if typed on a phone: small letters, no full stops"
        },
    )
    narrators: tuple[str, ...] = option((), "speakers who are listened to but never imitated")
    leave_out: tuple[Path, ...] = option(
        (), "dialogue whose messages must not be in any thread that is taken"
    )
    context_turns: Positive = option(
        5, "turns before a reply that the model sees at most; in train every length up to it comes"
    )
    opener_share: Share = option(0.1, "share of pairs whose context is taken away: P(reply)")
    shuffled_share: Share = option(
        0.0,
        "share of pairs whose context is the reply's own words in any order: it teaches to listen",
    )
    max_reply_chars: Positive = option(240, "leave out longer replies")
    follow_turns: NotNegative = option(
        0, "turns behind the reply that are learned with it; so many fewer contexts must be read"
    )
    held_out: Positive = option(
        300, "about so many pairs of each corpus for validation, and three times that for test"
    )
    redact: Literal["off", "on"] = option("on", "as in prepare_data.py")
    region: str = option("", "as in prepare_data.py")
    keep_hosts: bool = option(False, "as in prepare_data.py")
    fresh: bool = option(False, "replace pairs that another config left in --out")


@dataclass(frozen=True, kw_only=True)
class TokenizerOptions(SharedOptions, HubOptions):
    """Options of train_tokenizer.py."""

    vocab_size: Positive = option(4096, "number of tokens, special ones included")
    min_frequency: Positive = option(2, "how often two pieces must meet to become one token")
    extend: str | None = option(
        None, "instead of training, add my words to this tokenizer: a folder or a Hub name"
    )
    new_tokens: NotNegative = option(500, "with --extend: at most so many words and emoji")
    compare: tuple[str, ...] = option(
        (), "tokenizers to show beside it in the coverage report; repeat for several"
    )
    word_vectors: bool = option(
        False, "also train Word2Vec on these chats, for finetune.py --init-embeddings"
    )
    word_vectors_width: Positive = option(192, "numbers a word; the width of the model")
    fresh: bool = option(False, "replace a tokenizer that another config left in --out")


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How a reply is drawn from the model."""

    temperature: Annotated[float, Field(ge=0)] = option(
        0.7, "0 takes the likeliest token, 1 the model's own odds"
    )
    top_p: Rate = option(0.9, "draw only from the likeliest tokens that make up this share")


@dataclass(frozen=True, kw_only=True)
class FinetuneOptions(SharedOptions, SamplingOptions, HubOptions):
    """Options of finetune.py."""

    start: str = option(
        "scratch-t5",
        "what to train: scratch-t5, scratch-t5gemma, scratch-bert2bert, a folder with a saved model, or a "
        "Hub name",
    )
    init_embeddings: bool = option(
        False, "scratch models: begin with the vectors of train_tokenizer.py --word-vectors"
    )
    d_model: Positive = option(192, "width of the model")
    d_ff: Positive = option(512, "width of the feed-forward layers")
    encoder_layers: Positive = option(4, "layers of the encoder")
    decoder_layers: Positive = option(2, "layers of the decoder")
    heads: Positive = option(6, "attention heads; must divide d_model")
    dropout: Share | None = option(
        None,
        "share of activations dropped in training (default: as the start has it; scratch: 0.1)",
    )
    max_context_tokens: Positive = option(96, "longest context; older messages are left out first")
    max_reply_tokens: Positive = option(48, "longest reply")
    epochs: Annotated[float, Field(gt=0)] = option(10.0, "passes over the training pairs")
    max_steps: int = option(-1, "stop after so many steps, whatever the epochs say; -1: no limit")
    batch_size: Positive = option(32, "pairs a step and device")
    batch_tokens: Positive | None = option(
        None, "limit a batch by its tokens, padding included, instead of by batch_size"
    )
    gradient_accumulation: Positive = option(1, "steps whose gradients are summed before an update")
    learning_rate: Rate = option(0.001, "peak learning rate")
    warmup: Share = option(0.05, "share of the steps over which the learning rate rises")
    optimizer: Literal["adamw", "muon"] = option(
        "adamw", "muon orthogonalises the steps of hidden matrices; pays where training is long"
    )
    weight_decay: Annotated[float, Field(ge=0)] = option(0.01, "weight decay of the optimizer")
    label_smoothing: Share = option(0.0, "share of probability spread over all tokens")
    precision: Literal["auto", "float32", "bf16"] = option(
        "auto", "bf16 where the hardware has it, or as said"
    )
    compile: bool = option(False, "compile the model with torch.compile; may pay on a GPU")
    eval_steps: Positive = option(100, "steps between validations and checkpoints")
    patience: Positive = option(3, "validations without gain before training stops")
    sample_steps: Positive = option(100, "steps between rows of the sample board")
    layer_decay: Rate = option(
        1.0, "learning rate of each layer as a share of the one above it; 1: all the same"
    )
    lora_rank: NotNegative = option(
        0, "train adapters of this rank instead of all weights, merged when saved; 0: off"
    )
    friend_tokens: NotNegative = option(
        0, "so many of the friends whom I answer most get a token of their own"
    )
    friend_min_pairs: Positive = option(50, "a friend with fewer pairs gets no token")
    friend_drop: Share = option(0.2, "share of training pairs that hide the friend's token")
    mix: dict[str, Any] = field(
        default_factory=dict,
        metadata={
            "help": "other dialogue to train on as well: share=, most_rows=, corpora= (docs/mixing.md)"
        },
    )
    canaries: NotNegative = option(
        0,
        "plant so many invented secrets once, and as many 2, 4, 8 and 16 times, to measure what the "
        "model gives away; only for an audit: it will say them",
    )
    trainer: dict[str, Any] = field(
        default_factory=dict,
        metadata={"help": "any other Seq2SeqTrainingArguments, such as report_to=wandb"},
    )
    search: NotNegative = option(
        0, "try so many settings with Optuna first, and train with the best of them"
    )
    evaluate: bool = option(True, "judge the model on held-out pairs when it is trained")
    push_despite_leaks: str = option(
        "", "push a model that gives private text away; takes a sentence that the refusal tells"
    )
    fresh: bool = option(False, "start over instead of going on from the newest checkpoint")


@dataclass(frozen=True, kw_only=True)
class AppOptions(SharedOptions):
    """Options of app.py."""

    host: str = option("127.0.0.1", "address to listen on; 0.0.0.0 lets other machines in")
    port: Annotated[int, Field(ge=0, le=65535)] = option(
        7860, "port to listen on; 0 takes a free one"
    )
    temperature: Annotated[float, Field(ge=0)] | None = option(
        None, "as in finetune.py (default: as trained)"
    )
    top_p: Rate | None = option(None, "as in finetune.py (default: as trained)")
    engine: EngineName = option(
        "auto", "what draws replies; auto: CTranslate2 if it knows the model, else transformers"
    )
    compute_type: ComputeType = option("int8", "numbers that CTranslate2 computes in")
    penalty: Annotated[float, Field(ge=0, le=1)] | None = option(
        None,
        "choose of the draws what is likeliest here, less this share of how likely it is anywhere "
        "(default: 0.5, or as talklikeme.tune found)",
    )
    budget_ms: Annotated[float, Field(gt=0)] | None = option(
        None, "draw fewer replies to choose from, rather than answer later than this"
    )
    block_list: Path | None = option(None, "file with a word a line that is never said")
    blend: bool = option(
        False,
        "also choose among what I really said in out/pairs; it quotes private chats, so neither for "
        "Messenger nor for other machines",
    )
    rhythm: bool = option(True, "pause between bubbles as I do")
    browser: bool = option(
        True, "serve the pages; without them there is /healthz and Messenger alone"
    )
    pages: PageChoice = option(
        "auto",
        "all: with your words, data and training, which quote chats; chat: nothing but the chat; auto: all "
        "if only this machine reaches them and Messenger is off",
    )
    auth: AuthChoice = option(
        "auto",
        "password: the pages ask for the one that TALKLIKEME_PASSWORD in the environment holds; none: they "
        "let everybody in; auto: everybody if only this machine reaches them, else refuse to start",
    )
    blind_test_pool: Path | None = option(
        None, "let visitors guess who wrote it; a file made by python -m talklikeme.blindtest draw"
    )
    messenger: bool = option(
        True, "serve the Messenger webhook; needs MESSENGER_* in the environment"
    )
    graph_base_url: str = option("https://graph.facebook.com", "where the Send API lives")
    graph_version: Annotated[str, Field(pattern=r"^v\d+\.\d+$")] = option(
        "v25.0", "version of the Graph API"
    )
    session_gap_minutes: Positive = option(
        60, "after a silence of so long the conversation starts anew"
    )
    instagram: bool = option(
        False, "answer the Instagram account that is connected with the page as well"
    )
    check: bool = option(False, "look at model, port, secrets, database, token, and end")
    store: str = option(
        "", "database of the Messenger service, a URL (default: OUT/state/talklikeme.db, SQLite)"
    )
    retain_days: Positive = option(30, "days after which Messenger's chats are erased")
    on_unknown: OnUnknown = option(
        "give_up", "what to do with a bubble of which nobody can tell whether it arrived"
    )

    @property
    def store_url(self) -> str:
        """The database of the Messenger service."""
        return self.store or f"sqlite:///{self.out / 'state' / 'talklikeme.db'}"
