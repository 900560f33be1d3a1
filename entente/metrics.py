"""Metrics: what Prometheus is told, gathered from plain numbers when it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from db.viewer import Role
from engine.counters import SECONDS, Counters, Histogram
from engine.runs import Ran
from entente.access import UNKNOWN, Access

Numbers = Callable[[], dict[str, float]]
"""Numbers that are kept elsewhere, by name, such as `documents_known`."""


@dataclass(eq=False)
class Metrics(Collector):
    """The numbers of one server."""

    engine: Counters = field(default_factory=Counters)
    gauges: list[Numbers] = field(default_factory=list)
    totals: list[Numbers] = field(default_factory=list)
    """Counts that are kept elsewhere, by name without `_total`."""
    _operations: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refusals: Counter[str] = field(default_factory=Counter)
    _seconds: dict[str, Histogram] = field(default_factory=dict)

    def ran(self, ran: Ran) -> None:
        """Count an operation."""
        kind = ran.kind
        if ran.refused:
            self.refused(ran.codes[0])
        outcome = "refused" if ran.refused else "errors" if ran.codes else "ok"
        self._operations[kind, outcome] += 1
        seconds = self._seconds.get(kind) or self._seconds.setdefault(kind, Histogram(SECONDS))
        seconds.add(ran.seconds)

    def refused(self, code: str) -> None:
        """Count a request that was turned away."""
        self._refusals[code] += 1

    def collect(self) -> Iterator[Metric]:
        """Everything there is to tell."""
        yield from self._of_requests()
        yield from self._of_the_engine()
        for family, numbers in ((GaugeMetricFamily, self.gauges), (CounterMetricFamily, self.totals)):
            for of_one in numbers:
                for name, value in of_one().items():
                    yield family(f"entente_{name}", name.replace("_", " ").capitalize() + ".", value)

    def _of_requests(self) -> Iterator[Metric]:
        operations = CounterMetricFamily(
            "entente_operations",
            "Operations by kind and outcome; - could not be read.",
            labels=["kind", "outcome"],
        )
        for labels, count in self._operations.items():
            operations.add_metric(labels, count)
        yield operations
        yield _counter("refusals", "Requests and operations turned away, by code.", "code", self._refusals)
        seconds = HistogramMetricFamily("entente_operation_seconds", "Time to an answer.", labels=["kind"])
        for kind, histogram in self._seconds.items():
            seconds.add_metric([kind], list(_buckets(histogram)), histogram.total)
        yield seconds

    def _of_the_engine(self) -> Iterator[Metric]:
        engine = self.engine
        yield CounterMetricFamily("entente_statements", "Statements run.", engine.statements)
        yield CounterMetricFamily("entente_plans_compiled", "Operations compiled.", engine.plans_compiled)
        yield CounterMetricFamily("entente_plans_failed", "Operations not compiled.", engine.plans_failed)
        yield _counter("cache_hits", "What a cache had.", "cache", engine.cache_hits)
        yield _counter("cache_misses", "What a cache had not.", "cache", engine.cache_misses)
        yield _histogram("batch_requests", "Requests that a batch answered.", engine.batches)


def _counter(name: str, told: str, label: str, counts: Counter[str]) -> Metric:
    family = CounterMetricFamily(f"entente_{name}", told, labels=[label])
    for one, count in counts.items():
        family.add_metric([one], count)
    return family


def _histogram(name: str, told: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(
        f"entente_{name}", told, buckets=list(_buckets(histogram)), sum_value=histogram.total
    )


def _buckets(histogram: Histogram) -> Iterable[tuple[str, float]]:
    """Prometheus counts in each bucket what is in those below, too."""
    below = 0
    for bound, count in zip(
        [*(str(float(bound)) for bound in histogram.bounds), "+Inf"], histogram.counts, strict=True
    ):
        below += count
        yield bound, below


def page(metrics: Metrics, access: Access) -> Callable[[Request], Awaitable[Response]]:
    """The page that Prometheus reads; where there are keys, with the admin's."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    ProcessCollector(registry=registry)

    async def answer(request: Request) -> Response:
        authorization = request.headers.get("authorization")
        found = access.find(authorization) or await access.find_newly(authorization)
        if found is None or found.viewer.role is not Role.ADMIN:
            return Response(UNKNOWN, 401, {"WWW-Authenticate": "Bearer"}, "text/plain")
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return answer
