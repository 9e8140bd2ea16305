// What the generated code calls; every code object includes it.
#pragma once
#include <cstdint>
#include "board.cuh"

namespace neurosim {

typedef NEUROSIM_REAL Real;  // double or float, given on the compiler's command line

extern __device__ gpu::Board<Real> board;

void propagate(int64_t step);  // on the host, once a step, before anything else
double duration(double dt);    // seconds to simulate at a time step of dt

__device__ inline Real current(int32_t neuron) { return board.currents[neuron]; }
__device__ inline bool fire(int32_t neuron, Real strength, int64_t step) {
    board.say(neuron, strength, step);
    return strength != 0;
}
// The same for a spike that is sent as something else, or not at all.
__device__ inline bool send(int32_t neuron, Real strength, Real sent, int64_t step) {
    board.say(neuron, sent, step);
    return strength != 0;
}
__device__ inline Real watch(int32_t neuron, Real potential) { return board.seen[neuron] = potential; }
__device__ inline Real drawn_uniform(int32_t neuron, int32_t slot, int32_t layer, int64_t step) {
    return (Real)uniform(board.words(neuron, slot, layer, step));
}
__device__ inline Real drawn_normal(int32_t neuron, int32_t slot, int32_t layer, int64_t step) {
    return (Real)normal(board.words(neuron, slot, layer, step));
}

}  // namespace neurosim
