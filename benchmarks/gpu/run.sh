#!/bin/sh
# On the GPU machine, where pack.sh's file was unpacked: install without a network, look, test, measure.
# Leaves results.tar.gz beside this script: what was found, the tests' words, and the benchmark's table.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
for tool in nvidia-smi g++ make; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool not found: the GPU machine needs its driver, g++ and make" >&2; exit 2; }
done
${PYTHON:-python3} -m venv venv
venv/bin/python -m pip install --quiet --no-index --find-links wheels --requirement wheels.txt
venv/bin/python -m pip install --quiet --no-index --find-links wheels --no-deps --no-build-isolation --editable neurosim
if ! command -v nvcc >/dev/null && [ ! -x /usr/local/cuda/bin/nvcc ]; then
    # the wheels' compiler; they name their libraries with versions alone, which the linker does not look for
    CUDA_PATH=$(echo "$here"/venv/lib/python3*/site-packages/nvidia/cu13)
    export CUDA_PATH
    ln -sf libcudart.so.13 "$CUDA_PATH/lib/libcudart.so"
fi
export NEUROSIM_CACHE="$here/cache"
mkdir -p results
nvidia-smi > results/nvidia-smi.txt
failed=0
venv/bin/neurosim doctor --cuda > results/doctor.txt || failed=1
(cd neurosim && ../venv/bin/pytest -m cuda -rs) > results/tests.txt 2>&1 || failed=1
tail -n 3 results/tests.txt
venv/bin/python neurosim/benchmarks/cuda_device.py --output results || failed=1
tar czf results.tar.gz results
echo "written to $here/results.tar.gz"
exit $failed
