"""Statistics of spike trains: a number for each image and neuron, NaN where it is not defined.

`agreement` alone is about decisions. All others work on the `Spikes` of one layer, whole layers and all
images at once. A recording that did not keep a layer's spikes raises NotRecorded when it is asked for them;
what `Spikes` does not list was silent. Where the meaning is the same, names and definitions are Elephant's.
"""

from .agreement import average_accuracy as average_accuracy
from .agreement import class_accuracy as class_accuracy
from .agreement import cohen_kappa as cohen_kappa
from .agreement import overall_accuracy as overall_accuracy
from .chosen_trains import Train as Train
from .chosen_trains import trains as trains
from .correlograms import autocorrelogram as autocorrelogram
from .correlograms import cross_correlogram as cross_correlogram
from .counts import count as count
from .counts import rate as rate
from .decision import decision_step as decision_step
from .distances import spike_distance as spike_distance
from .distances import spike_synchronisation as spike_synchronisation
from .distances import van_rossum as van_rossum
from .distances import victor_purpura as victor_purpura
from .information import count_information as count_information
from .information import latency_information as latency_information
from .intervals import Intervals as Intervals
from .intervals import isi as isi
from .intervals import mean_isi as mean_isi
from .irregularity import cv as cv
from .irregularity import cv2 as cv2
from .irregularity import lv as lv
from .latency import first_spike_latency as first_spike_latency
from .peristimulus import psth as psth
from .representations import linear_cka as linear_cka
from .representations import similarity as similarity
from .selectivity import class_selectivity as class_selectivity
from .sparsity import active_share as active_share
from .sparsity import lifetime_sparseness as lifetime_sparseness
from .sparsity import population_sparseness as population_sparseness
from .table import summary as summary
from .variability import fano as fano
from .variability import fano_over_windows as fano_over_windows
