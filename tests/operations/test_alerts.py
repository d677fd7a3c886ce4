"""The alert rules: their expressions parse, and every metric and label that they name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from talkwright.operations import metrics
from talkwright.settings import sections, variables

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yaml"
OF_SCRAPES = {"job", "instance"}
"""Labels that Prometheus itself adds."""
OF_KUBERNETES = ("kube_cronjob_status_last_successful_time", "kube_cronjob_created")
"""Gauges of kube-state-metrics, which counts them stable."""
PROMQL = Lark(
    r"""
    ?start: either
    ?either: both ("or" both)*
    ?both: compared ("and" [on] compared)*
    ?compared: sum (COMPARE sum)?
    ?sum: product (/[+-]/ product)*
    ?product: atom (/[*\/]/ atom)*
    ?atom: NUMBER | aggregation | call | vector | "(" either ")"
    aggregation: AGGREGATE [by] "(" either ")"
    call: FUNCTION "(" either ")" | "time" "(" ")"
    vector: METRIC [matchers] [RANGE]
    matchers: "{" match ("," match)* "}"
    match: LABEL OPERATOR STRING
    by: "by" "(" LABEL ("," LABEL)* ")"
    on: "on" "(" LABEL ("," LABEL)* ")"
    COMPARE: "<=" | ">=" | "==" | "!=" | "<" | ">"
    OPERATOR: "=~" | "!~" | "!=" | "="
    AGGREGATE: "sum" | "max" | "min" | "avg"
    FUNCTION: "absent" | "increase" | "rate"
    METRIC: /(talkwright|kube)_[a-z_]+/
    LABEL: /[a-z_]+/
    RANGE: /\[\d+[smhd]\]/
    STRING: /"[^"]*"/
    %import common.NUMBER
    %import common.WS
    %ignore WS
    """,
    parser="earley",
)


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def known() -> dict[str, MetricWrapperBase]:
    """Every sample name that our metrics can have."""
    names: dict[str, MetricWrapperBase] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            suffixes = ("_total",) if isinstance(metric, Counter) else ("",)
            if isinstance(metric, Histogram):
                suffixes = ("_bucket", "_count", "_sum")
            names.update({f"{metric._name}{suffix}": metric for suffix in suffixes})
    return names


def vectors(tree: Tree[Token]) -> Iterator[tuple[str, list[Tree[Token]], bool]]:
    for vector in tree.find_data("vector"):
        name, matchers, span = vector.children
        yield str(name), list(matchers.children) if isinstance(matchers, Tree) else [], span is not None


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_each_rule_parses_and_names_what_exists(rule: dict[str, Any]) -> None:
    tree = PROMQL.parse(rule["expr"])
    names = known()
    used = list(vectors(tree))
    assert used
    labels: set[str] = set(OF_SCRAPES)
    for name, matchers, is_range in used:
        if name in OF_KUBERNETES:
            assert {str(matcher.children[0]) for matcher in matchers} <= {"namespace", "cronjob"}
            assert not is_range
            continue
        metric = names[name]
        labels |= set(metric._labelnames)
        assert is_range == (isinstance(metric, Counter) or name.endswith("_bucket")), f"{name}: counters by their rise"
        for matcher in matchers:
            label, operator, value = (str(child) for child in matcher.children)
            assert label in metric._labelnames, f"{name} has no label {label}"
            if label == "cause" and operator == "!=":
                assert value.strip('"') in metrics.CAUSES
    grouped = [str(label) for kind in ("by", "on") for part in tree.find_data(kind) for label in part.children]
    assert set(grouped) <= labels
    assert {"severity"} == rule["labels"].keys()
    assert {"summary", "description"} == rule["annotations"].keys()


def test_every_metric_is_registered_once_and_named_alike() -> None:
    for name, metric in known().items():
        assert name.startswith("talkwright_")
        assert REGISTRY._names_to_collectors[metric._name] is metric
        if isinstance(metric, Histogram):
            assert metric._name.endswith("_seconds"), f"{name} does not say its unit"
        assert not {"assistant", "user", "person", "chat"} & set(metric._labelnames)


@pytest.mark.parametrize("expression", ["sum by kind (talkwright_leader)", "up < 1", "rate(talkwright_leader[5m]", ""])
def test_what_does_not_parse_is_seen(expression: str) -> None:
    with pytest.raises(UnexpectedInput):
        PROMQL.parse(expression)


def test_the_page_for_operators_names_what_exists() -> None:
    page = (RULES.parents[2] / "docs" / "operations" / "model-service.md").read_text()
    named = set(re.findall(r"`(talkwright_[a-z_]+)`", page))
    samples = known()
    assert named
    assert named <= samples.keys() | {name.removesuffix("_count") for name in samples}
    variables_named = set(re.findall(r"TALKWRIGHT_[A-Z_]+", page))
    assert variables_named <= {name for section in sections() for name, _ in variables(section)}
