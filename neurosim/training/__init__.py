"""Training of networks in torch: one loop, its schedules, its augmentation, its checkpoints."""

from neurosim.ann.qcfs import QCFS as QCFS
from neurosim.training.augmentation import Shift as Shift
from neurosim.training.batches import LabelledImages as LabelledImages
from neurosim.training.fit import fit as fit
from neurosim.training.history import Epoch as Epoch
from neurosim.training.history import History as History
from neurosim.training.rectifiers import qcfs_module as qcfs_module
from neurosim.training.rectifiers import replace_relus as replace_relus
from neurosim.training.rectifiers import with_qcfs as with_qcfs
from neurosim.training.schedules import Cosine as Cosine
from neurosim.training.schedules import Step as Step
