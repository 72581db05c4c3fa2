"""What requests and answers hold; OpenAPI shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(_Request):
    """Texts to label."""

    # one error is enough; half a million of them would take seconds
    texts: Annotated[list[str], FailFast()] = Field(examples=[["雨が降る", "夏の海"]])


class Prediction(BaseModel):
    """The label of a text."""

    label: str
    probability: float | None = Field(description="Of the label; null if the model has none.")
    probabilities: dict[str, float] | None = Field(description="Of all labels.")


class Predictions(BaseModel):
    """One prediction for each text, in their order."""

    predictions: list[Prediction]


class ExplainRequest(_Request):
    """A text whose label is to be explained."""

    text: str = Field(examples=["雨が降る"])
    target: str | None = Field(None, description="A label; null takes the most probable one.")
    method: Literal["integrated_gradients", "occlusion"] = "integrated_gradients"


class Token(BaseModel):
    """A word, where it stands, and what it adds to the logit of the label."""

    token: str
    span: tuple[int, int] | None = Field(
        description="First Unicode character in the text, and the last one + 1."
    )
    value: float


class Explanation(BaseModel):
    """What each word of a text adds to the logit of a label."""

    target: str
    probability: float | None
    score: float = Field(description="Logit of the label.")
    baseline_score: float = Field(description="Logit without any word.")
    residual: float = Field(description="Part of the logit that no word was given.")
    tokens: list[Token]


class ModelDescription(BaseModel):
    """The model that answers."""

    card: str = Field(description="Model card, in Markdown.")
    classes: list[str]
    explains: bool = Field(description="Whether /explain answers.")
    limits: dict[str, int | float] = Field(description="What a request may ask for.")
    version: str = Field(description="Of sklearn_w2v.")


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"] = "ok"


class Refusal(BaseModel):
    """Why a request is not answered."""

    detail: str
