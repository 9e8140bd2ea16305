// One run of a network on a stream of batches of images: as session.h, but all images of a batch are shown at once.
// Files and results are the same.
#pragma once
#include <chrono>
#include "../files.h"
#include "board.cuh"
#include "recorder.cuh"

namespace neurosim {
namespace gpu {

template <class Real>
class Session {
    Network<Real> network;
    Index images, steps, shown;  // of the run; steps of a window, and those before it drains
    Index frames;                // of an image: 1 or `shown`
    Index batch, batches;        // images side by side; how often
    Shape input_shape;
    Index first_image;
    std::vector<Recorder> recorders;
    std::vector<std::unique_ptr<Watch<Real>>> watches;  // none where a layer is not watched
    Array<Real> seen;                                   // potentials, [layer][image][neuron]
    Array<Spot> spots;
    Array<int64_t> draws;
    Array<Real> frame;
    Array<Word> frame_words;
    std::FILE* frame_file;
    Index frame_shown = -1, next_step = 0;
    std::vector<Index> plan;
    std::chrono::steady_clock::time_point told{};

    void begin() {
        const auto run = read_file<Index>("run.bin");
        images = run[0], steps = run[1], frames = run[2];
        input_shape = {run[3], {run[4], run[5], run[6]}};
        shown = run[9], first_image = run[10], batch = run[11];
        batches = (images + batch - 1) / batch;
        plan = read_file<Index>("plan.bin");
        network.read(plan.data(), Array<Real>(read_file<Real>("weights.bin")), batch);
        const Grid grid = grid_of(input_shape);
        frame = Array<Real>(batch * grid.size());
        frame_words = Array<Word>(batch * grid.all_words());
        frame_file = std::fopen("frames.bin", "rb");
        if (!frame_file) fail("cannot read frames.bin");
        seen = Array<Real>(batch * network.size);
        draws = Array<int64_t>(read_file<int64_t>("draws.bin"));
        open();
    }

    // Open what is kept of every layer.
    void open() {
        const auto kept = read_file<Kept>("record.bin");
        const auto watched = read_file<uint8_t>("watched.bin");
        if (kept.size() != network.layers.size()) fail("record.bin does not fit the network");
        if ((Index)watched.size() != network.size) fail("watched.bin does not fit the network");
        std::vector<Spot> where;
        for (size_t l = 0; l < kept.size(); l++) {
            Layer& layer = network.layers[l];
            layer.ones = kept[l].strength_bytes == 0;
            recorders.emplace_back((Index)l, layer, kept[l], batch);
            std::vector<Index> chosen;
            for (Index n = 0; n < layer.shape.size(); n++)
                if (watched[layer.first + n]) chosen.push_back(n);
            watches.emplace_back(chosen.empty() ? nullptr : new Watch<Real>((Index)l, layer, chosen, batch));
            where.push_back({layer.first, layer.latency, layer.shape.size(), layer.shape.channels});
        }
        spots = Array<Spot>(where);
    }

    Index local(const Layer& layer, Index step) const { return step - layer.latency; }
    bool awake(Index t) const { return t >= 0 && t < batches * steps; }

    // Make all currents of a step.
    void make(Index step) {
        network.current.clear();
        for (auto& p : network.projections) {
            const Index t = local(network.layers[p.target], step);
            if (!awake(t) || t % steps < p.reach) continue;
            if (t % steps == p.reach) p.restart();
            if (p.source < 0) show(p, t);
            else network.deliver(p, step);
        }
    }

    // Show the frame of the input that local step t looks at, through projection p.
    void show(Projection<Real>& p, Index t) {
        const Index k = t % steps - p.reach;
        if (k >= shown) return;
        const Index wanted = t / steps * frames + (frames == 1 ? 0 : k);
        const Layer& target = network.layers[p.target];
        if (p.frame != wanted) {
            load(wanted);
            if (p.input_current.size() == 0) p.input_current = Array<Real>(batch * target.shape.size());
            p.input_current.clear();
            p.add({frame_words.data(), frame.data(), false}, batch, p.input_current.data());
            p.frame = wanted;
        }
        start(add<Real>, p.input_current.size(), p.input_current.data(), network.currents(target));
    }

    // Load one frame of every image of a batch; images beyond the last are black.
    void load(Index wanted) {
        if (frame_shown == wanted) return;
        const Index first = wanted / frames * batch, size = input_shape.size();
        std::vector<Real> host((size_t)(batch * size), Real(0));
        for (Index n = 0; n < batch && first + n < images; n++) {
            const Index at = ((first + n) * frames + wanted % frames) * size * (Index)sizeof(Real);
            const bool found = fseeko(frame_file, (off_t)at, SEEK_SET) == 0;
            if (!found || (Index)std::fread(host.data() + n * size, sizeof(Real), (size_t)size, frame_file) != size)
                fail("frames.bin ends before image " + std::to_string(first + n));
        }
        frame.take(host.data(), 0, frame.size());
        start(mark<Real>, frame_words.size(), grid_of(input_shape), frame.data(), frame_words.data(), nullptr);
        frame_shown = wanted;
    }

    // Close the books of a step.
    void settle(Index step) {
        for (size_t l = 0; l < network.layers.size(); l++) {
            const Layer& layer = network.layers[l];
            const Index t = local(layer, step);
            if (!awake(t)) continue;
            network.keep(layer, step);
            recorders[l].note(network.words(layer, step), network.strengths(layer, step));
            if (watches[l]) watches[l]->note(seen.data() + batch * layer.first);
            if (t % steps == steps - 1) end_window(l, std::min(batch, images - t / steps * batch));
        }
    }

    void end_window(size_t layer, Index some) {
        if (network.broken.all()[0]) fail("a neuron's equations gave NaN or infinity: make dt shorter");
        recorders[layer].end_window(some);
        if (watches[layer]) watches[layer]->end_window(some);
    }

    void tell(Index done) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told < std::chrono::milliseconds(200)) return;
        told = now;
        std::printf("@images %lld\n", (long long)std::min(done, images));
        std::fflush(stdout);
    }

    void end() {
        check(cudaDeviceSynchronize(), "running");
        for (auto& recorder : recorders) recorder.close();
        for (auto& watch : watches)
            if (watch) watch->close();
        Output done("done");
        done.write(&images, 1);
        done.close();
    }

    Index last_step() const {
        Index latest = 0;
        for (const auto& layer : network.layers) latest = std::max(latest, layer.latency);
        return batches * steps + latest;
    }

public:
    // Take what was said in the step before, and make all currents of this one.
    void propagate(Index step) {
        if (step == 0) begin();
        if (step != next_step++) fail("step " + std::to_string(next_step - 1) + " was lost");
        if (step > 0) settle(step - 1);
        make(step);
        tell(step / steps * batch);
        if (step == last_step()) end();
    }

    // Where the neurons' code finds the currents and leaves what it says.
    Board<Real> board() const {
        return {network.ring.data(), network.current.data(), seen.data(), spots.data(), draws.data(),
                network.depth,       network.size * batch,   batch,       steps,        first_image};
    }

    // Seconds to simulate at a time step of dt: every batch, the way through the layers, and one step to end.
    static double duration(double dt) {
        const auto run = read_file<Index>("run.bin");
        return (double)((run[0] + run[11] - 1) / run[11] * run[1] + run[7] + 1) * dt;
    }
};

}  // namespace gpu
}  // namespace neurosim
