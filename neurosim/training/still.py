"""What stays the same from step to step of one image is worked out once."""

from typing import Any

import torch
from torch import fx, nn

__all__ = ["StillImage"]

WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


class StillImage(fx.Interpreter):
    """Runs a step of a spiking network on an image that does not move; one for each image.

    The currents of layers that see nothing but the image are kept from its first step on, so that they, and
    the gradients of their weights, are worked out once instead of T times.

    Parameters
    ----------
    body
        One step of the network.
    """

    def __init__(self, body: fx.GraphModule) -> None:
        super().__init__(body)
        self._kept: dict[fx.Node, torch.Tensor] = {}
        self._still: set[fx.Node] = set()
        for node in body.graph.nodes:
            weighted = node.op == "call_module" and isinstance(self.submodules[node.target], WEIGHTED)
            if node.op == "placeholder" or (weighted and self._still.issuperset(node.all_input_nodes)):
                self._still.add(node)

    def run_node(self, n: fx.Node) -> Any:
        """Run a node of the graph, as torch's interpreter, or say what it said before."""
        if n.op == "placeholder" or n not in self._still:
            return super().run_node(n)
        if n not in self._kept:
            self._kept[n] = super().run_node(n)
        return self._kept[n]
