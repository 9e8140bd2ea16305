#!/bin/sh
# Pack neurosim and every wheel that a bare GPU machine needs into one file:
#     benchmarks/gpu/pack.sh [gpu.tar.gz]
# There: tar xzf gpu.tar.gz && gpu/run.sh
# Pack on a machine with the same Python and processor; wheels.txt lists what is fetched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
file=${1:-gpu.tar.gz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/gpu/neurosim" "$work/gpu/wheels"
git -C "$root" archive HEAD | tar xf - -C "$work/gpu/neurosim"
cp "$here/run.sh" "$here/wheels.txt" "$work/gpu/"
${PYTHON:-python3} -m pip download --quiet --only-binary :all: --dest "$work/gpu/wheels" \
    --constraint "$root/constraints.txt" --requirement "$here/wheels.txt"
tar czf "$file" -C "$work" gpu
echo "$file: $(ls "$work/gpu/wheels" | wc -l) wheels; there: tar xzf $(basename "$file") && gpu/run.sh"
