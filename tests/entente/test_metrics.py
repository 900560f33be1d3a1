"""What Prometheus is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.counters import Histogram
from entente.stores import StoreUrls
from tests.serving import Client, served
from tests.world import World

KEY = "a key that nobody guesses"


@pytest.fixture
async def fresh(urls: StoreUrls) -> AsyncIterator[Client]:
    """A server that has counted nothing yet."""
    async with served(urls) as opened:
        yield opened


async def told(client: Client) -> dict[str, float]:
    """Every sample, by its name and labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert re.match(r"text/plain; version=", answer.headers["content-type"])
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_operations_are_counted_by_kind_and_outcome(fresh: Client) -> None:
    for _ in range(3):
        await fresh.ask("{ worlds { totalCount } }")
    await fresh.ask("{ nope }")
    await fresh.post({"query": 7})
    await fresh.get("/graphql?query=mutation{__typename}")
    found = await told(fresh)

    assert found["entente_operations_total query ok"] == 3
    assert found["entente_operations_total - refused"] == 1
    assert found["entente_operations_total mutation refused"] == 1
    assert found["entente_refusals_total GRAPHQL_VALIDATION_FAILED"] == 1
    assert found["entente_refusals_total BAD_REQUEST"] == 1
    assert found["entente_refusals_total NOT_A_QUERY"] == 1
    assert found["entente_operation_seconds_count query"] == 3
    assert found["entente_operation_seconds_bucket query +Inf"] == 3
    assert found["entente_operation_seconds_bucket query 10.0"] == 3
    assert found["entente_statements_total"] >= 3
    assert found["entente_documents_known"] == 3
    assert found["entente_read_connections_idle"] >= 1
    assert found["process_resident_memory_bytes"] > 1_000_000


async def test_what_the_engine_counts_is_told(fresh: Client) -> None:
    for _ in range(2):
        await fresh.ask("{ worlds { nodes { name } } }")
    await fresh.ask("{ __schema { queryType { name } } }")
    found = await told(fresh)

    assert found["entente_plans_compiled_total"] == 1
    assert found["entente_plans_failed_total"] == 1
    assert found["entente_cache_hits_total documents"] == 1
    assert found["entente_cache_misses_total documents"] == 2
    assert found["entente_cache_hits_total plans"] == 1
    assert found["entente_batch_requests_count"] == 2
    assert found["entente_statements_total"] == 2
    assert found["entente_pool_waits_total"] == 0


async def test_it_is_told_where_analyses_came_from(fresh: Client, world: World) -> None:
    await world.player("Anna")
    for _ in range(2):
        await fresh.ask(f'{{ blocs(worldId: "{world.world_id}") {{ cost }} }}')
    found = await told(fresh)

    assert found["entente_analyses_worked_out_total"] == 1
    assert found["entente_analyses_remembered_total"] == 1
    assert found["entente_analyses_cached_total"] == 0


async def test_only_the_admin_is_told(urls: StoreUrls) -> None:
    async with served(urls, admin_key=KEY) as locked:
        refused = await locked.get("/metrics")
        shown = await locked.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
        await locked.post({"query": "{ __typename }"})
        counted = await locked.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})

    assert (refused.status_code, shown.status_code) == (401, 200)
    assert refused.headers["www-authenticate"] == "Bearer"
    assert 'entente_refusals_total{code="UNAUTHENTICATED"} 1.0' in counted.text


def test_a_value_falls_into_the_first_bucket_that_holds_it() -> None:
    histogram = Histogram((1, 2))
    for value in (0.5, 1, 1.5, 2, 3):
        histogram.add(value)

    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 8
