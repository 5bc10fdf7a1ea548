"""The classifier as a component of Rasa's pipeline."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from shuke_intents.linear import LinearIntents, learn

LIKELIEST = 10
_NONE = {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
_ORIGIN = re.compile(r"\s*# from [0-9A-Z]{26}$")
"""Behind a sentence that was taken from a message; it tells whose to forget and is nothing to learn."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Ranks the intents of a message; their confidences are probabilities. Of a message of which it knows nothing
    at all, such as one in a script that nobody taught, it gives no ranking.

    ``held_back`` names a folder of CSV files (``text,intent``), beside the pipeline, that
    are asked about and never learnt from: they tell how sure a score makes one. What they
    were taken for is written to the file ``answers``, for who chooses thresholds by it.
    """

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, learnt: LinearIntents | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._learnt = learnt

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"held_back": None, "answers": None, "misspelt": True}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        held_back = _held_back(self._config["held_back"])
        self._learnt = learn(
            [_ORIGIN.sub("", one.get(TEXT)) for one in examples],
            [one.get(INTENT) for one in examples],
            held_back,
            misspelt=self._config["misspelt"],
            tell=lambda stage: print(f"shuke_intents: {stage}", flush=True),  # noqa: T201 - who trains reads along
        )
        if self._config["answers"]:
            answers = [(text, intent, self._learnt.ranking(text, LIKELIEST)) for text, intent in held_back]
            Path(self._config["answers"]).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
        with self._storage.write_to(self._resource) as folder:
            self._learnt.save(Path(folder))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_kwargs: Any,
    ) -> LinearIntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearIntents.load(Path(folder)))

    def process(self, messages: list[Message]) -> list[Message]:
        assert self._learnt is not None, "a model is loaded or trained before it is asked"
        for message in messages:
            likely = self._learnt.ranking(message.get(TEXT) or "", LIKELIEST)
            ranking = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: how} for name, how in likely]
            message.set(INTENT, ranking[0] if ranking else _NONE, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _held_back(folder: str | None) -> list[tuple[str, str]]:
    if folder is None:
        return []
    rows = []
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["intent"]) for row in csv.DictReader(file)]
    return rows
