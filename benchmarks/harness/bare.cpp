// The bare kernel: the projections between a network's layers on recorded spikes, step by step as in a
// simulation, and nothing else. Prints the seconds of each pass over all steps.
// Run in a folder with plan, weights and spikes: bare PASSES
#include "neurosim/connectivity/network.h"
#include "spikes.h"

typedef float Real;

int main(int, char** arguments) {
    const auto plan = read_numbers<neurosim::Index>("plan.bin");
    const auto weights = read_numbers<Real>("weights.bin");
    neurosim::Network<Real> network;
    network.read(plan.data(), weights.data());
    std::vector<std::vector<neurosim::Active<Real>>> active;  // [layer][step]
    for (size_t l = 0; l < network.layers.size(); l++) {
        active.emplace_back();
        for (const auto& neurons : read_spikes(std::to_string(l))) {
            const std::vector<Real> ones(neurons.size(), Real(1));
            active[l].emplace_back().take(neurons.data(), ones.data(), (neurosim::Index)neurons.size(), 0,
                                          network.layers[l].shape);
        }
    }
    time_passes(std::atoi(arguments[1]), [&] {
        for (size_t step = 0; step < active[0].size(); step++)
            for (auto& p : network.projections)
                if (p.source >= 0 && !active[p.source][step].silent())
                    p.add(active[p.source][step], network.current.data() + network.layers[p.target].first);
    });
}
