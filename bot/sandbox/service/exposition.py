"""The service's numbers as a Prometheus text page (format 0.0.4)."""

from collections.abc import Iterator

from bot.sandbox.service.simulation import Simulation
from bot.sandbox.service.tallies import BUCKETS_S, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
GARBAGE = "<!doctype html><title>Sign in</title><p>Please sign in to see this page.</p>\n"


def metrics_page(simulation: Simulation) -> str:
    """The whole page."""
    return "\n".join([*_counters(simulation), *_histograms(simulation), *_gauges(simulation), ""])


def _counters(simulation: Simulation) -> Iterator[str]:
    yield from _head("materializer_requests_total", "counter", "Materializer jobs, by variant and outcome.")
    for name, variant in simulation.variants.items():
        for outcome, count in (("ok", variant.ok), ("error", variant.errors)):
            yield f'materializer_requests_total{{variant="{name}",outcome="{outcome}"}} {count}'


def _histograms(simulation: Simulation) -> Iterator[str]:
    yield from _head("materializer_latency_seconds", "histogram", "Time until a job is materialized.")
    for name, variant in simulation.variants.items():
        yield from _histogram("materializer_latency_seconds", variant.latency, f'variant="{name}"')
    yield from _head("chat_latency_seconds", "histogram", "Time until the chat answers.")
    yield from _histogram("chat_latency_seconds", simulation.chat_latency, "")


def _histogram(name: str, histogram: Histogram, labels: str) -> Iterator[str]:
    below = 0
    for bound, count in zip([*map(str, BUCKETS_S), "+Inf"], histogram.counts, strict=True):
        below += count
        yield f'{name}_bucket{{{labels + "," if labels else ""}le="{bound}"}} {below}'
    suffix = f"{{{labels}}}" if labels else ""
    yield f"{name}_sum{suffix} {histogram.total_s:.6f}"
    yield f"{name}_count{suffix} {below}"


def _gauges(simulation: Simulation) -> Iterator[str]:
    gauges = {
        "tools_mut_queue_depth": ("Mutations that wait.", simulation.queue),
        "materializer_pct": ("Percent of traffic on the new variant.", simulation.weight),
        "materializer_new": ("Jobs that the new variant took in the last second.", simulation.new_per_s),
        "worker_seen_timestamp_seconds": ("When the worker last said it lives.", simulation.worker_seen_at),
    }
    for name, (meaning, value) in gauges.items():
        yield from _head(name, "gauge", meaning)
        yield f"{name} {value:.3f}"
    yield from _head("process_memory_percent", "gauge", "Memory in use, percent of its limit.")
    for component, percent in simulation.memory_percent.items():
        yield f'process_memory_percent{{component="{component}"}} {percent:.2f}'


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
