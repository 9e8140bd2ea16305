"""Files are hostile until read: strict readers, atomic writers, and one line for everything refused."""

from neurosim.files.atomic import atomic as atomic
from neurosim.files.checks import sha256 as sha256
from neurosim.files.checks import verify_sha256 as verify_sha256
from neurosim.files.envi import read_envi as read_envi
from neurosim.files.hdf5 import open_hdf5 as open_hdf5
from neurosim.files.matlab import read_matlab as read_matlab
from neurosim.files.npz import read_npz as read_npz
from neurosim.files.safetensors import read_safetensors as read_safetensors
from neurosim.files.safetensors import write_safetensors as write_safetensors
