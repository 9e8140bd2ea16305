"""Dynamics: what Brian2 integrates between a step's charge and its strength, as text."""

import dataclasses

__all__ = ["Constant", "Dynamics"]


@dataclasses.dataclass(frozen=True)
class Constant:
    """A name in somebody's equations, and where its number comes from.

    Attributes
    ----------
    name : str
        As the equations say.
    number : str
        Name of the neuron's parameter that holds the number.
    unit : str
        What the number counts, in the names of Brian2's units.
    """

    name: str
    number: str
    unit: str

    @property
    def worth(self) -> str:
        """The value as Brian2 code."""
        return self.number if self.unit == "1" else f"{self.number}*({self.unit})"


@dataclasses.dataclass(frozen=True)
class Dynamics:
    """Differential equations with units, and what neurosim must know to run them.

    Attributes
    ----------
    text : str
        Brian2 equations.
    constants : tuple of Constant
        What is given from outside.
    initial : tuple of Constant
        What variables start a window with; those not named start at 0.
    input : Constant
        The variable that receives the drive, and what a drive of 1 is worth.
    threshold, refractory : str
        Conditions: a spike where the first holds, and none after one as long as the second does.
    potential : str
        The variable that is recorded.
    method : str
        How Brian2 integrates; "auto": as it chooses.
    """

    text: str
    constants: tuple[Constant, ...]
    initial: tuple[Constant, ...]
    input: Constant
    threshold: str
    refractory: str
    potential: str
    method: str
