// The GPU's session without Brian2, on the host: a test plays it step by step.
#include "cuda_runtime.h"

#include "cuda/session.cuh"

#define DOOR(Real, precision)                                                                             \
    extern "C" void* open_##precision() { return new neurosim::gpu::Session<Real>; }                      \
    extern "C" void propagate_##precision(void* opened, int64_t step, Real* currents) {                   \
        auto& session = *static_cast<neurosim::gpu::Session<Real>*>(opened);                              \
        session.propagate(step);                                                                          \
        const auto board = session.board();                                                               \
        std::copy_n(board.currents, board.neurons, currents);                                             \
    }                                                                                                     \
    extern "C" void say_##precision(void* opened, int64_t step, int64_t neuron, int64_t count, const Real* said) { \
        const auto board = static_cast<neurosim::gpu::Session<Real>*>(opened)->board();                   \
        for (int64_t n = 0; n < count; n++) board.say((int32_t)(neuron + n), said[n], step);              \
    }                                                                                                     \
    extern "C" void close_##precision(void* opened) { delete static_cast<neurosim::gpu::Session<Real>*>(opened); }

DOOR(double, double)
DOOR(float, single)
