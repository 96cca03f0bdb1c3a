"""Lay the storm sewers of the city: pipes, outlets, pumping stations, ponds, underpasses."""

from __future__ import annotations

import numpy as np

from tools.demo_city import sewers, works
from tools.demo_city.ground import Ground
from tools.demo_city.network import Drainage, Node, node_id
from tools.demo_city.roads import Roads


def make_drainage(ground: Ground, roads: Roads, rng: np.random.Generator) -> Drainage:
    """The whole network."""
    places = sewers.manholes(roads)
    roots = sewers.outfall_roots(places, ground)
    toward = sewers.trees(places, roots, ground)
    net = Drainage()
    for key, (x, y) in places.items():
        surface = round(ground.height(x, y) + float(rng.uniform(-0.06, 0.06)), 2)
        net.nodes[node_id(key)] = Node(node_id(key), x, y, surface, 0.0, "manhole", ponded_area=6000.0)
    sewers.hollows(net, rng)
    sewers.catch(net, ground, rng)
    order = sewers.heads_first(toward)
    sewers.size_pipes(net, order, toward, places, rng)
    works.make_outlets(net, roots, ground)
    works.make_ponds(net, toward, order)
    works.make_underpasses(net, roads, ground, rng)
    return net
