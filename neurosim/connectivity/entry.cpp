// The one translation unit that holds the kernels.
#include "entry.h"
#include "session.h"

namespace neurosim {

Real* currents = nullptr;
Spikes spikes{};
static Session<Real> session;
static std::vector<int32_t> spike_neurons;
static std::vector<Real> spike_strengths;

int64_t propagate(int64_t step) {
    session.propagate(step, spikes.neuron, spikes.strength, spikes.count);
    currents = session.currents(step);
    if (step == 0) {
        spike_neurons.resize(session.size());
        spike_strengths.resize(session.size());
        spikes = {spike_neurons.data(), spike_strengths.data(), 0};
    }
    spikes.count = 0;
    return 0;
}
Real watch(int32_t neuron, Real potential, int64_t step) { return session.watch(neuron, potential, step); }
Real uniform(int32_t neuron, int32_t slot, int32_t layer, int64_t step) {
    return (Real)uniform(session.words(neuron, slot, layer, step));
}
Real normal(int32_t neuron, int32_t slot, int32_t layer, int64_t step) {
    return (Real)normal(session.words(neuron, slot, layer, step));
}
double duration(double dt) { return session.duration(dt); }

}  // namespace neurosim
