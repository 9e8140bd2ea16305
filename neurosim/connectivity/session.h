// One run of a network on a stream of images: windows, input frames, recording, progress. Everything that may
// change from run to run is read from files in the working directory; results go to its folder recorded/.
#pragma once
#include <chrono>
#include "draws.h"
#include "files.h"
#include "network.h"
#include "recorder.h"
#include "timing.h"

namespace neurosim {

template <class Real>
class Session {
    Network<Real> network;
    Index images, steps, shown;               // steps of a window, and those before it drains
    Index frames, input_size;                 // frames of an image: 1 or `shown`
    Index block;                              // steps whose currents are made at once
    Shape input_shape;
    Draws draws;
    Index first_image;                        // number of the run's first image among all
    std::vector<LayerRecorder> recorders;
    std::vector<Output> potentials;           // one a layer that is watched
    std::vector<Index> potential_of;          // layer -> potentials, or -1
    std::vector<uint8_t> watched;             // one a neuron
    std::FILE* frame_file;
    std::vector<Real> frame;
    Active<Real> input;
    Index frame_shown = -1, next_step = 0;
    Index watching = 0;  // the layer whose potentials were passed last
    std::vector<Index> plan;
    std::chrono::steady_clock::time_point told{};
    Timing timing;

    void begin() {
        const auto run = read_file<Index>("run.bin");
        images = run[0], steps = run[1], frames = run[2];
        input_shape = {run[3], {run[4], run[5], run[6]}};
        input_size = input_shape.size();
        plan = read_file<Index>("plan.bin");
        block = run[8], shown = run[9], first_image = run[10];
        draws.read(read_file<Index>("draws.bin"));
        network.read(plan.data(), map_file<Real>("weights.bin"), block);
        const auto kept = read_file<Kept>("record.bin");  // one a layer
        watched = read_file<uint8_t>("watched.bin");
        if (kept.size() != network.layers.size()) fail("record.bin does not fit the network");
        if ((Index)watched.size() != network.layers.back().end()) fail("watched.bin does not fit the network");
        for (Index l = 0; l < (Index)network.layers.size(); l++) {
            const auto& layer = network.layers[l];
            recorders.emplace_back(l, layer.shape, kept[l]);
            const auto from = watched.begin() + layer.first, to = watched.begin() + layer.end();
            potential_of.push_back(std::find(from, to, 1) == to ? -1 : (Index)potentials.size());
            if (potential_of.back() >= 0) potentials.emplace_back("potentials_" + std::to_string(l) + ".bin");
        }
        frame.resize(input_size);
        frame_file = std::fopen("frames.bin", "rb");
        if (!frame_file) fail("cannot read frames.bin");
    }

    Index local(Index layer, Index step) const { return step - network.layers[layer].latency; }
    bool awake(Index t) const { return t >= 0 && t < images * steps; }

    // Make the currents of all steps from this one to the block's end. What one projection adds to them is
    // added step by step, so that nothing depends on how long a block is.
    void make(Index step) {
        std::fill(network.current.begin(), network.current.end(), Real(0));
        for (auto& p : network.projections) {
            for (Index slot = 0; slot < block; slot++) {
                const Index t = local(p.target, step + slot);
                if (!awake(t) || t % steps < p.reach) continue;
                if (t % steps == p.reach && p.remembers()) begin_window(p);
                if (p.source < 0) show(p, t, slot);
                else network.prepare(p, step + slot, slot);
            }
            deliver(p);
        }
    }

    void begin_window(Projection<Real>& p) {
        deliver(p);
        p.restart();
    }

    void deliver(Projection<Real>& p) {
        timing.projections.start();
        network.deliver(p);
        timing.projections.stop();
    }

    // Show the frame of the input that local step t looks at, through projection p.
    void show(Projection<Real>& p, Index t, Index slot) {
        const Index image = t / steps, k = t % steps - p.reach;
        if (k >= shown) return;
        const Index wanted = frames == 1 ? image : image * shown + k;
        if (p.frame != wanted) {
            load(wanted);
            p.input_current.assign(network.layers[p.target].shape.size(), Real(0));
            p.add(input, p.input_current.data());
            p.frame = wanted;
        }
        Real* current = network.current.data() + slot * network.size + network.layers[p.target].first;
        for (size_t i = 0; i < p.input_current.size(); i++) current[i] += p.input_current[i];
    }

    void load(Index wanted) {
        if (frame_shown == wanted) return;
        const bool found = fseeko(frame_file, (off_t)(wanted * input_size * (Index)sizeof(Real)), SEEK_SET) == 0;
        if (!found || (Index)std::fread(frame.data(), sizeof(Real), (size_t)input_size, frame_file) != input_size)
            fail("frames.bin ends before image " + std::to_string(wanted));
        input.gather(frame.data(), input_shape);
        frame_shown = wanted;
    }

    // Sort out the spikes of the step before this one and close its books.
    void settle(Index step, const int32_t* neuron, const Real* strength, Index count) {
        const int32_t* const end = neuron + count;
        for (Index n = 0; n < count; n++)
            if (strength[n] != strength[n]) fail("a neuron's equations gave NaN or infinity: make dt shorter");
        for (Index l = 0; l < (Index)network.layers.size(); l++) {
            const auto& layer = network.layers[l];
            const Index mine = std::lower_bound(neuron, end, layer.end()) - neuron;
            network.keep(l, step - 1, neuron, strength, mine);
            recorders[l].note(neuron, strength, mine, layer.first);
            neuron += mine, strength += mine;
            const Index t = local(l, step - 1);
            if (!awake(t)) continue;
            recorders[l].end_step();
            if (t % steps == steps - 1) recorders[l].end_window();
        }
    }

    void tell(Index done) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told < std::chrono::milliseconds(200)) return;
        told = now;
        std::printf("@images %lld\n", (long long)done);
        std::fflush(stdout);
    }

    void end() {
        for (auto& recorder : recorders) recorder.close();
        for (auto& file : potentials) file.close();
        Output done("done");
        done.write(&images, 1);
        done.close();
        timing.end();
    }

public:
    Index last_step() const {
        Index latest = 0;
        for (const auto& layer : network.layers) latest = std::max(latest, layer.latency);
        return images * steps + latest;
    }

    // Take the spikes of the step before, in ascending order, and make all currents of this one.
    void propagate(Index step, const int32_t* neuron, const Real* strength, Index count) {
        if (step == 0) {
            begin();
            timing.begin();
        }
        if (step != next_step++) fail("step " + std::to_string(next_step - 1) + " was lost");
        if (step > 0) settle(step, neuron, strength, count);
        if (step % block == 0) make(step);
        tell(step / steps);
        if (step == last_step()) end();
    }
    Real* currents(Index step) { return network.current.data() + step % block * network.size; }
    Index size() const { return network.size; }
    // The random words of a neuron's step; `slot` says which of its layer's random numbers they are for.
    Words words(Index neuron, Index slot, Index layer, Index step) const {
        const auto& own = network.layers[layer];
        const Index t = local(layer, step), place = neuron - own.first, pixels = own.shape.space.count();
        const Index in_c_order = place % own.shape.channels * pixels + place / own.shape.channels;
        return draws.words(layer, slot, first_image + t / steps, t % steps, in_c_order);
    }
    Real watch(Index neuron, Real potential, Index step) {
        if (!watched[neuron]) return potential;
        while (neuron < network.layers[watching].first || neuron >= network.layers[watching].end())
            watching = (watching + 1) % (Index)network.layers.size();
        if (awake(local(watching, step))) potentials[potential_of[watching]].write(&potential, 1);
        return potential;
    }
    // Seconds to simulate at a time step of dt: every image, the way through the layers, and one step to end.
    double duration(double dt) const {
        const auto run = read_file<Index>("run.bin");
        return (double)(run[0] * run[1] + run[7] + 1) * dt;
    }
};

}  // namespace neurosim
