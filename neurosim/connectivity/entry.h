// What the generated code calls; kept small, since every code object includes it.
#pragma once
#include <cstdint>

namespace neurosim {

typedef NEUROSIM_REAL Real;  // double or float, given on the compiler's command line

extern Real* currents;  // of every neuron, made by propagate

int64_t propagate(int64_t step);                         // once a step, before anything else
bool speak(int32_t neuron, Real strength, int64_t step);  // strength is not zero
Real watch(int32_t neuron, Real potential, int64_t step);
double duration(double dt);  // seconds to simulate at a time step of dt

inline bool fire(int32_t neuron, Real strength, int64_t step) {
    return strength != 0 && speak(neuron, strength, step);
}

}  // namespace neurosim
