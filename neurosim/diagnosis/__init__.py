"""Which layer lost my accuracy, and why: the conversion error of every layer, split into its causes."""

from .diagnose import diagnose as diagnose
from .diagnosis import Diagnosis as Diagnosis
from .layer_error import LayerError as LayerError
