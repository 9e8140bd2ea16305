"""Energies as bars: what an estimate says of every layer, and of every way of counting."""

from neurosim.energy import Energy

__all__ = ["joules_by_layer", "joules_by_way"]

PICO = 1e-12
WAYS = {"accumulate": "spiking, accumulating", "multiply": "spiking, multiplying"}


def joules_by_layer(found: Energy) -> tuple[list[str], dict[str, list[float]]]:
    """Return the layers of an estimate, and their energies [J an image] by who spends them.

    The current of analogue input is counted once; the ways of counting graded spikes, and the artificial
    network, are as in `Energy`. For `energy`.
    """
    rows = found.rows()
    spent = {"artificial": [row["ann_pj"] for row in rows]}
    for way, name in WAYS.items():
        parts = ("direct_once_pj", f"synapses_{way}_pj", "neurons_pj")
        spent[name] = [sum(row[part] for part in parts) for row in rows]
    joules = {name: [PICO * energy for energy in energies] for name, energies in spent.items()}
    return [row["layer"] for row in rows], joules


def joules_by_way(found: Energy) -> tuple[list[str], dict[str, list[float]]]:
    """Return the ways of counting of an estimate, and the network's energy [J an image]; for `energy`."""
    rows = found.totals()
    return [row["network"] for row in rows], {"whole network": [PICO * row["pj"] for row in rows]}
