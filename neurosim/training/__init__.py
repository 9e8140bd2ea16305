"""Training of networks in torch: one loop, its schedules, checkpoints, spiking neurons, few-bit weights."""

from neurosim.ann.qcfs import QCFS as QCFS
from neurosim.training.augmentation import Shift as Shift
from neurosim.training.batches import LabelledImages as LabelledImages
from neurosim.training.bmif import TrainableBMIF as TrainableBMIF
from neurosim.training.dropout import HeldDropout as HeldDropout
from neurosim.training.fit import fit as fit
from neurosim.training.history import Epoch as Epoch
from neurosim.training.history import History as History
from neurosim.training.initialisation import find_thresholds as find_thresholds
from neurosim.training.initialisation import spiking as spiking
from neurosim.training.initialisation import spiking_body as spiking_body
from neurosim.training.lif import TrainableLIF as TrainableLIF
from neurosim.training.quantisation import FakeQuantised as FakeQuantised
from neurosim.training.quantisation import quantise as quantise
from neurosim.training.rectifiers import qcfs_module as qcfs_module
from neurosim.training.rectifiers import replace_relus as replace_relus
from neurosim.training.rectifiers import with_qcfs as with_qcfs
from neurosim.training.schedules import Cosine as Cosine
from neurosim.training.schedules import Step as Step
from neurosim.training.surrogates import ATan as ATan
from neurosim.training.surrogates import Rectangle as Rectangle
from neurosim.training.surrogates import Triangle as Triangle
from neurosim.training.to_network import to_network as to_network
from neurosim.training.unrolled import LOSSES as LOSSES
from neurosim.training.unrolled import Unrolled as Unrolled
from neurosim.training.unrolled import cross_entropy_per_step as cross_entropy_per_step
