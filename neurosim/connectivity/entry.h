// What the generated code calls; kept small, since every code object includes it.
#pragma once
#include <cstdint>
#include "nonzero.h"
#include "stretches.h"

namespace neurosim {

typedef NEUROSIM_REAL Real;  // double or float, given on the compiler's command line

struct Spikes {  // of one step, in ascending order of neurons
    int32_t* neuron;
    Real* strength;
    int64_t count;
};

extern Real* currents;  // of every neuron, made by propagate
extern Spikes spikes;   // emptied by propagate

int64_t propagate(int64_t step);  // once a step, before anything else
Real watch(int32_t neuron, Real potential, int64_t step);
Real uniform(int32_t neuron, int32_t slot, int32_t layer, int64_t step);  // random numbers, see draws.h
Real normal(int32_t neuron, int32_t slot, int32_t layer, int64_t step);
double duration(double dt);  // seconds to simulate at a time step of dt

inline bool fire(int32_t neuron, Real strength) {
    if (strength == 0) return false;
    spikes.neuron[spikes.count] = neuron;
    spikes.strength[spikes.count++] = strength;
    return true;
}

// The same for a spike that is sent as something else, or not at all.
inline bool send(int32_t neuron, Real strength, Real sent) {
    fire(neuron, sent);
    return strength != 0;
}

}  // namespace neurosim
