"""Operations of a run, layer by layer, and the energy of its arithmetic, beside the artificial network's."""

from .estimate import Energy as Energy
from .estimate import estimate as estimate
from .operations import LayerOperations as LayerOperations
from .operations import operations as operations
from .table import FLOAT32 as FLOAT32
from .table import INT32 as INT32
from .table import EnergyTable as EnergyTable
