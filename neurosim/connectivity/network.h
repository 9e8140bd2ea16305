// Who spoke when, and the current that it makes: the ring of spikes and the projections between layers.
#pragma once
#include "all_ops.h"

namespace neurosim {

template <class Real>
struct Layer {
    Shape shape;
    Index first;    // index of its first neuron among all
    Index latency;  // steps behind the input
    Index end() const { return first + shape.size(); }
};

template <class Real>
struct Projection {
    Index source, target;  // layers; source -1 is the input
    Index lag, delay;      // steps from spike to current; of these the delay must lie within the window
    Shape from;
    std::vector<std::unique_ptr<Op<Real>>> ops;
    std::vector<Real> input_current;  // of the input's frame shown now, summed from zero
    Index frame = -1;
    std::vector<Real> dense;
    Active<Real> between;

    Projection(Reader& plan, const Real* weights) {
        source = plan.next();
        target = plan.next();
        lag = plan.next();
        delay = plan.next();
        from.channels = plan.next();
        from.space = plan.extent();
        for (Index n = plan.next(); n > 0; n--) ops.push_back(make_op<Real>(plan, weights));
    }

    // Begin a window: nothing that an op remembers crosses it.
    void restart() {
        for (auto& op : ops) op->restart();
    }

    // Add what active source neurons bring to the target's current.
    void add(const Active<Real>& active, Real* current) {
        const Active<Real>* at = &active;
        Shape shape = from;
        for (size_t n = 0; n + 1 < ops.size(); n++) {
            dense.assign(ops[n]->to.size(), Real(0));
            ops[n]->add(*at, shape, dense.data());
            shape = ops[n]->to;
            between.gather(dense.data(), shape);
            at = &between;
        }
        ops.back()->add(*at, shape, current);
    }
};

template <class Real>
struct Network {
    std::vector<Layer<Real>> layers;
    std::vector<Projection<Real>> projections;  // in the order of their sums
    std::vector<Real> current;
    std::vector<std::vector<Active<Real>>> ring;  // [layer][step % depth]
    Index depth = 1;

    void read(const Index* numbers, const Real* weights) {
        Reader plan{numbers};
        const Index layer_count = plan.next();
        for (Index n = 0; n < layer_count; n++) {
            const Index first = plan.next(), latency = plan.next(), channels = plan.next();
            layers.push_back({{channels, plan.extent()}, first, latency});
        }
        for (Index n = plan.next(); n > 0; n--) projections.emplace_back(plan, weights);
        for (const auto& p : projections) depth = std::max(depth, p.lag);
        current.assign(layers.back().end(), Real(0));
        ring.resize(layers.size());
        for (auto& slots : ring) slots.resize(depth);
    }

    // Keep the spikes of a layer's step.
    void keep(Index layer, Index step, const int32_t* neuron, const Real* strength, Index count) {
        ring[layer][step % depth].take(neuron, strength, count, layers[layer].first, layers[layer].shape);
    }

    // Add what the spikes of step - lag bring through projection p.
    void deliver(Projection<Real>& p, Index step) {
        const Index spoken = step - p.lag;
        if (spoken < 0) return;
        const Active<Real>& active = ring[p.source][spoken % depth];
        if (!active.silent()) p.add(active, current.data() + layers[p.target].first);
    }
};

}  // namespace neurosim
