// Who spoke when, and the current that it makes, for all images of a batch: rings of strengths, and the projections
// between layers.
#pragma once
#include "ops.cuh"

namespace neurosim {
namespace gpu {

struct Layer {
    Shape shape;
    Index first, latency;  // its first neuron among all of one image; steps behind the input
    Grid grid;
    bool ones = false;     // every strength is 0 or 1
    Array<Word> words;     // [step % depth][image][pixel][word]
};

// An op between two others, and what it hands on.
template <class Real>
struct Between {
    Array<Real> dense;
    Array<Word> words;
};

template <class Real>
struct Projection {
    Index source, target;  // layers; source -1 is the input
    Index lag, reach;      // steps from spike to current; as many lie within the window as the reach says
    Shape from;
    std::vector<std::unique_ptr<Op<Real>>> ops;
    std::vector<Between<Real>> between;
    Array<Real> input_current;  // of the input's frame shown now, summed from zero
    Index frame = -1;

    Projection(Reader& plan, const Real* weights) {
        source = plan.next();
        target = plan.next();
        lag = plan.next();
        reach = plan.next();
        from.channels = plan.next();
        from.space = plan.extent();
        for (Index n = plan.next(); n > 0; n--) ops.push_back(make_op<Real>(plan, weights));
        between.resize(ops.size() - 1);
    }

    // Begin a window: nothing that an op remembers crosses it.
    void restart() {
        for (auto& op : ops) op->restart();
    }

    // Add what was said to the target's currents.
    void add(Said<Real> said, Index images, Real* current) {
        Shape shape = from;
        for (size_t n = 0; n + 1 < ops.size(); n++) {
            said = hand_on(n, said, shape, images);
            shape = ops[n]->to;
        }
        ops.back()->add(said, shape, images, current);
    }

private:
    Said<Real> hand_on(size_t n, const Said<Real>& said, const Shape& shape, Index images) {
        auto& [dense, words] = between[n];
        const Grid grid = grid_of(ops[n]->to);
        if (dense.size() == 0) {
            dense = Array<Real>(images * grid.size());
            words = Array<Word>(images * grid.all_words());
        }
        dense.clear();
        ops[n]->add(said, shape, images, dense.data());
        start(mark<Real>, words.size(), grid, dense.data(), words.data(), nullptr);
        return {words.data(), dense.data(), false};
    }
};

template <class Real>
struct Network {
    std::vector<Layer> layers;
    std::vector<Projection<Real>> projections;  // in the order of their sums
    Index images = 1, depth = 1, size = 0;      // size: neurons of one image
    Array<Real> weights;
    Array<Real> current;  // [layer][image][neuron]
    Array<Real> ring;     // [step % depth][layer][image][neuron]
    Array<int> broken;    // whether a strength was NaN

    // `images_`: of a batch.
    void read(const Index* numbers, Array<Real> weights_, Index images_) {
        Reader plan{numbers};
        weights = std::move(weights_);
        images = images_;
        for (Index n = plan.next(); n > 0; n--) {
            Layer layer{};
            layer.first = plan.next();
            layer.latency = plan.next();
            layer.shape.channels = plan.next();
            layer.shape.space = plan.extent();
            layer.grid = grid_of(layer.shape);
            layers.push_back(std::move(layer));
        }
        for (Index n = plan.next(); n > 0; n--) projections.emplace_back(plan, weights.data());
        for (const auto& p : projections) depth = std::max(depth, p.lag);
        size = layers.back().first + layers.back().shape.size();
        current = Array<Real>(images * size);
        ring = Array<Real>(depth * images * size);
        broken = Array<int>(1);
        for (auto& layer : layers) layer.words = Array<Word>(depth * images * layer.grid.all_words());
    }

    // What a layer said in a step.
    Real* strengths(const Layer& layer, Index step) const {
        return ring.data() + images * (step % depth * size + layer.first);
    }
    Word* words(const Layer& layer, Index step) const {
        return layer.words.data() + step % depth * images * layer.grid.all_words();
    }
    Real* currents(const Layer& layer) const { return current.data() + images * layer.first; }

    // Take note of who spoke in a step.
    void keep(const Layer& layer, Index step) {
        start(mark<Real>, images * layer.grid.all_words(), layer.grid, strengths(layer, step), words(layer, step),
              broken.data());
    }

    // Add what arrives at a step through a projection between layers.
    void deliver(Projection<Real>& p, Index step) {
        if (step < p.lag) return;
        const Layer& from = layers[p.source];
        const Index said = step - p.lag;
        p.add({words(from, said), strengths(from, said), from.ones}, images, currents(layers[p.target]));
    }
};

}  // namespace gpu
}  // namespace neurosim
