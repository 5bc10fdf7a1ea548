"""What the messages asked of Rasa and what came of it, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from nlu.rasa_pool import RasaPool


class NluFigures(Collector):
    """The figures of a pool of Rasas, read when somebody looks."""

    def __init__(self, pool: RasaPool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        asked = CounterMetricFamily(
            "shuke_nlu_asked", "Texts put to Rasa, by what came of them; all but the first two the rules answered.",
            labels=["outcome"],
        )  # fmt: skip
        for outcome, count in self._pool.counted.items():
            asked.add_metric([outcome], count)
        yield asked
        yield GaugeMetricFamily("shuke_nlu_waiting", "Messages that wait for a Rasa that is free.", self._pool.waiting)
        rasas = GaugeMetricFamily("shuke_nlu_rasas", "Rasas of this machine, asked or left alone.", labels=["state"])
        for state, count in zip(("asked", "left_alone"), self._pool.found(), strict=True):
            rasas.add_metric([state], count)
        yield rasas
