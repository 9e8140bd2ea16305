// The currents of anybody's Brian2 groups, made when the first neuron of a group asks for its own.
#pragma once
#include <atomic>
#include <cstring>
#include <memory>
#include "ring.h"

// Whatever flags the script compiles with: Brian2's own are C++11 and fast math, which would change the sums.
#if __cplusplus < 201402L
namespace std {
template <class Made, class... Arguments>
unique_ptr<Made> make_unique(Arguments&&... arguments) {
    return unique_ptr<Made>(new Made(std::forward<Arguments>(arguments)...));
}
}  // namespace std
#endif
#pragma GCC push_options
#pragma GCC optimize("no-fast-math", "fp-contract=off")
#include "network.h"

namespace neurosim {

template <class Real>
class Door {
    Ring<Real>& ring;
    Network<Real> network;
    std::unique_ptr<std::atomic<Index>[]> made;  // of each group, the step that its currents are of
    Active<Real> active;

    void listen(Projection<Real>& p, Index step) {
        const auto& spikes = ring.heard(p.source, step - p.lag);
        if (spikes.empty()) return;
        active.clear();
        for (size_t n = 0; n < spikes.size();) {
            const int32_t neuron = spikes[n].first;
            Real strength = 0;
            for (; n < spikes.size() && spikes[n].first == neuron; n++) strength += spikes[n].second;
            active.add(neuron, p.from, strength);
        }
        active.close(p.from);
        p.add(active, network.current.data() + network.layers[p.target].first);
    }

    void make(Index group, Index step) {
#pragma omp critical(neurosim_door)
        if (made[group] != step) {
            const auto& layer = network.layers[group];
            std::fill_n(network.current.data() + layer.first, layer.shape.size(), Real(0));
            for (auto& p : network.projections)
                if (p.target == group) listen(p, step);
            made[group] = step;
        }
    }

public:
    Door(Ring<Real>& ring_, const Index* plan, const Real* weights) : ring(ring_) {
        network.read(plan, weights);
        made.reset(new std::atomic<Index>[network.layers.size()]);
        for (size_t n = 0; n < network.layers.size(); n++) made[n] = -1;
    }

    Real current(Index group, Index neuron, Index step) {
        if (made[group] != step) make(group, step);
        return network.current[network.layers[group].first + neuron];
    }
};

// The door of one set of groups, in the whole program.
template <class Real, int Set, int64_t Groups, int64_t Depth>
Door<Real>& door(const Index* plan, const Real* weights) {
    static Door<Real> made(neurosim::ring<Real, Set, Groups, Depth>(), plan, weights);
    return made;
}

}  // namespace neurosim
#pragma GCC pop_options
