// The compiled connectivity without Brian2: a session that a test plays step by step.
#include <omp.h>
#include "session.h"

#define DOOR(Real, precision)                                                                                   \
    extern "C" void* open_##precision(int threads) {                                                            \
        omp_set_num_threads(threads);                                                                           \
        return new neurosim::Session<Real>;                                                                     \
    }                                                                                                           \
    extern "C" void propagate_##precision(void* opened, int64_t step, const int32_t* neuron, const Real* strength, \
                                          int64_t count, Real* currents) {                                      \
        auto& session = *static_cast<neurosim::Session<Real>*>(opened);                                         \
        session.propagate(step, neuron, strength, count);                                                       \
        std::copy_n(session.currents(step), session.size(), currents);                                              \
    }                                                                                                           \
    extern "C" void close_##precision(void* opened) { delete static_cast<neurosim::Session<Real>*>(opened); }

DOOR(double, double)
DOOR(float, single)
