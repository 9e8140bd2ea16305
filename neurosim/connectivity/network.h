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
    Index lag, reach;      // steps from spike to current; as many lie within the window as the reach says
    Shape from;
    std::vector<std::unique_ptr<Op<Real>>> ops;
    std::vector<Real> input_current;  // of the input's frame shown now, summed from zero
    Index frame = -1;
    std::vector<Real> dense;
    std::vector<Active<Real>> between;  // for each task, what an op of the chain hands to the next

    Projection(Reader& plan, const Real* weights) {
        source = plan.next();
        target = plan.next();
        lag = plan.next();
        reach = plan.next();
        from.channels = plan.next();
        from.space = plan.extent();
        for (Index n = plan.next(); n > 0; n--) ops.push_back(make_op<Real>(plan, weights));
    }

    bool remembers() const {
        for (const auto& op : ops)
            if (op->remembers()) return true;
        return false;
    }
    // Begin a window: nothing that an op remembers crosses it.
    void restart() {
        for (auto& op : ops) op->restart();
    }

    // Add what active source neurons bring to the target's current.
    void add(const Active<Real>& active, Real* current) { add_all({{&active, current}}); }

    // The same for several steps, so that they share the weights that are in the cache.
    void add_all(std::vector<Task<Real>> tasks) {
        Shape shape = from;
        between.resize(std::max(between.size(), tasks.size()));
        for (size_t n = 0; n + 1 < ops.size(); n++) {
            std::vector<Task<Real>> inner = tasks;
            const Index size = ops[n]->to.size();
            dense.assign(tasks.size() * size, Real(0));
            for (size_t k = 0; k < tasks.size(); k++) inner[k].target = dense.data() + k * size;
            ops[n]->add_all(inner, shape);
            shape = ops[n]->to;
            for (size_t k = 0; k < tasks.size(); k++) {
                between[k].gather(dense.data() + k * size, shape);
                tasks[k].from = &between[k];
            }
        }
        ops.back()->add_all(tasks, shape);
    }
};

template <class Real>
struct Network {
    std::vector<Layer<Real>> layers;
    std::vector<Projection<Real>> projections;  // in the order of their sums
    std::vector<Real> current;  // [step % block][neuron]
    std::vector<std::vector<Active<Real>>> ring;  // [layer][step % depth]
    Index depth = 1, size = 0;
    std::vector<Task<Real>> tasks;

    // `block`: how many steps' currents are made at once.
    void read(const Index* numbers, const Real* weights, Index block = 1) {
        Reader plan{numbers};
        const Index layer_count = plan.next();
        for (Index n = 0; n < layer_count; n++) {
            const Index first = plan.next(), latency = plan.next(), channels = plan.next();
            layers.push_back({{channels, plan.extent()}, first, latency});
        }
        for (Index n = plan.next(); n > 0; n--) projections.emplace_back(plan, weights);
        for (const auto& p : projections) depth = std::max(depth, p.lag);
        size = layers.back().end();
        current.assign(block * size, Real(0));
        ring.resize(layers.size());
        for (auto& slots : ring) slots.resize(depth);
    }

    // Keep the spikes of a layer's step.
    void keep(Index layer, Index step, const int32_t* neuron, const Real* strength, Index count) {
        ring[layer][step % depth].take(neuron, strength, count, layers[layer].first, layers[layer].shape);
    }

    // Note that the spikes of step - lag are to go through projection p, to the currents of slot `slot`.
    void prepare(const Projection<Real>& p, Index step, Index slot) {
        if (step < p.lag) return;
        const Active<Real>& active = ring[p.source][(step - p.lag) % depth];
        if (!active.silent()) tasks.push_back({&active, current.data() + slot * size + layers[p.target].first});
    }

    // Add what was noted.
    void deliver(Projection<Real>& p) {
        if (!tasks.empty()) p.add_all(tasks);
        tasks.clear();
    }
};

}  // namespace neurosim
