"""The query language of the broker: read, match, plan, print, and find the subscriptions of a change."""

from chengshu.foundation.broker.query.geo import read_geo, read_geo_body
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.matching import Predicate, compile_query, matches
from chengshu.foundation.broker.query.model import Condition, GeoQuery, Query, Selector
from chengshu.foundation.broker.query.planning import plan_query
from chengshu.foundation.broker.query.printing import print_body, print_condition, print_parameters
from chengshu.foundation.broker.query.selection import (
    read_id_pattern,
    read_ids,
    read_names,
    read_scopes,
    read_selectors,
    read_types,
)

__all__ = [
    "Condition",
    "GeoQuery",
    "Predicate",
    "Query",
    "Selector",
    "compile_query",
    "matches",
    "plan_query",
    "print_body",
    "print_condition",
    "print_parameters",
    "read_geo",
    "read_geo_body",
    "read_id_pattern",
    "read_ids",
    "read_names",
    "read_q",
    "read_scopes",
    "read_selectors",
    "read_types",
]
