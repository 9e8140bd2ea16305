"""What tissue and chips add to a network, off unless asked for: `Simulation(..., extras=(...))`."""

from .base import Extra as Extra
from .base import checked_extras as checked_extras
from .base import extended as extended
from .jitter import Jitter as Jitter
from .noise import Noise as Noise
from .refractory import Refractory as Refractory
from .spike_loss import SpikeLoss as SpikeLoss
from .spread import Spread as Spread
from .substeps import Substeps as Substeps
from .synapse import Synapse as Synapse
from .weights import WeightBits as WeightBits
from .weights import WeightNoise as WeightNoise
