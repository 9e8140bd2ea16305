// The bare kernel: the projections of a network, one after the other, on recorded spikes and nothing else.
// Prints a line for each projection between layers: the seconds of each pass over all steps.
// Run in a folder with plan, weights and spikes: bare PASSES
#include "neurosim/connectivity/network.h"
#include "spikes.h"

typedef float Real;

int main(int, char** arguments) {
    const auto plan = read_numbers<neurosim::Index>("plan.bin");
    const auto weights = read_numbers<Real>("weights.bin");
    neurosim::Network<Real> network;
    network.read(plan.data(), weights.data());
    for (auto& projection : network.projections) {
        if (projection.source < 0) continue;
        const auto& layer = network.layers[projection.source];
        std::vector<neurosim::Active<Real>> steps;
        for (const auto& neurons : read_spikes(std::to_string(projection.source))) {
            const std::vector<Real> ones(neurons.size(), Real(1));
            steps.emplace_back().take(neurons.data(), ones.data(), (neurosim::Index)neurons.size(), 0, layer.shape);
        }
        Real* target = network.current.data() + network.layers[projection.target].first;
        time_passes(std::atoi(arguments[1]), [&] {
            for (const auto& step : steps)
                if (!step.silent()) projection.add(step, target);
        });
    }
}
