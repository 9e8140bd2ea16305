"""What operations cost: tables of energies."""

import dataclasses

from ..errors import InputError
from ..parameters import Numeric, Value, number, shown

__all__ = ["FLOAT32", "INT32", "EnergyTable"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class EnergyTable(Value):
    """The energy of each operation [pJ].

    Parameters
    ----------
    name : str
        What it is of, for tables and figures.
    multiply, add : float
        One multiplication, one addition [pJ]; a MAC is both, an accumulation (AC) is the addition.
    update : float
        One neuron's update in one step [pJ]; the tables of papers leave it out.
    spike : float
        One spike on its way, whatever its fan-out [pJ]; likewise.
    bits : float
        Width of the numbers.
    """

    name: str
    multiply: Numeric = number(low=0)
    add: Numeric = number(low=0)
    update: Numeric = number(0.0, low=0)
    spike: Numeric = number(0.0, low=0)
    bits: Numeric = number(32.0, low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.name, str) or not self.name.isprintable():
            raise InputError(f"EnergyTable.name is {shown(self.name)}: give a printable text")

    @property
    def mac(self) -> Numeric:
        """A multiplication and an addition [pJ]."""
        return self.multiply + self.add

    def scaled(self, bits: float, multiply: float = 2.0, add: float = 1.0) -> "EnergyTable":
        """Return the table for numbers of another width b: (b / bits)^2 for products, b / bits for sums.

        Of the 45 nm integers of 32 bits, 3.1 and 0.1 pJ, this makes 0.19 and 0.025 pJ at 8 bits, where
        Horowitz has 0.2 and 0.03. Papers scale otherwise too: the ratios of Datta et al. 2021 (HYPER-SNN)
        imply an exponent of 1.5 for the whole MAC.

        Parameters
        ----------
        bits
            The new width.
        multiply, add
            Exponents.
        """
        width = bits / self.bits
        return dataclasses.replace(
            self,
            name=f"{self.name}, scaled to {bits:g} bits",
            multiply=self.multiply * width**multiply,
            add=self.add * width**add,
            bits=bits,
        )


FLOAT32 = EnergyTable("45 nm, float32", 3.7, 0.9)
"""MAC 4.6 pJ, AC 0.9 pJ: M. Horowitz 2014, Computing's energy problem, ISSCC, 45 nm at 0.9 V."""

INT32 = EnergyTable("45 nm, int32", 3.1, 0.1)
"""MAC 3.2 pJ, AC 0.1 pJ: as FLOAT32."""
