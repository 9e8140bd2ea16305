// One run of a network on a stream of images: windows, input frames, recording, progress. Everything that may
// change from run to run is read from files in the working directory; results go to its folder recorded/.
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include "network.h"
#include "timing.h"

namespace neurosim {

[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "neurosim: %s\n", what.c_str());
    std::exit(3);
}

// A file that is written to its end or ends the run.
class Output {
    std::FILE* file = nullptr;
    std::string path;

public:
    explicit Output(const std::string& name) : path("recorded/" + name) {
        file = std::fopen(path.c_str(), "wb");
        if (!file) fail("cannot write " + path);
    }
    Output(Output&& other) noexcept : file(other.file), path(std::move(other.path)) { other.file = nullptr; }
    template <class T>
    void write(const T* data, Index count) {
        if ((Index)std::fwrite(data, sizeof(T), (size_t)count, file) != count) fail("disk full, writing " + path);
    }
    void close() {
        if (std::fclose(file) != 0) fail("disk full, writing " + path);
        file = nullptr;
    }
};

template <class T>
std::vector<T> read_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) fail("cannot read " + path);
    std::fseek(file, 0, SEEK_END);
    std::vector<T> data((size_t)std::ftell(file) / sizeof(T));
    std::rewind(file);
    if (std::fread(data.data(), sizeof(T), data.size(), file) != data.size()) fail("cannot read " + path);
    std::fclose(file);
    return data;
}

// What is kept of one layer's spikes: level 0 totals, 1 counts, 2 every spike.
class LayerRecorder {
    Index level, strength_bytes;
    int64_t total = 0;
    int32_t spikes_in_step = 0;
    std::vector<int32_t> counts, events, neurons, strengths;
    std::vector<Output> files;

public:
    LayerRecorder(Index number, Index size, Index level_, Index strength_bytes_)
        : level(level_), strength_bytes(strength_bytes_) {
        const std::string name = std::to_string(number) + ".bin";
        files.emplace_back("totals_" + name);
        if (level == 1) {
            counts.resize(size);
            events.resize(size);
            files.emplace_back("counts_" + name);
            files.emplace_back("events_" + name);
        } else if (level == 2) {
            files.emplace_back("steps_" + name);
            files.emplace_back("neurons_" + name);
            files.emplace_back("strengths_" + name);
        }
    }
    // Note a step's spikes; `first` is the index of the layer's first neuron among all.
    template <class Real>
    void note(const int32_t* neuron, const Real* strength, Index count, Index first) {
        total += count;
        if (level == 1) {
            for (Index n = 0; n < count; n++) {
                counts[neuron[n] - first] += (int32_t)strength[n];
                events[neuron[n] - first]++;
            }
        } else if (level == 2) {
            spikes_in_step = (int32_t)count;
            for (Index n = 0; n < count; n++) neurons.push_back((int32_t)(neuron[n] - first));
            strengths.assign(strength, strength + count);
        }
    }
    void end_step() {
        if (level < 2) return;
        files[1].write(&spikes_in_step, 1);
        files[2].write(neurons.data(), (Index)neurons.size());
        if (strength_bytes == 1) {
            const std::vector<int8_t> narrow(strengths.begin(), strengths.end());
            files[3].write(narrow.data(), (Index)narrow.size());
        } else if (strength_bytes == 4) {
            files[3].write(strengths.data(), (Index)strengths.size());
        }
        spikes_in_step = 0;
        neurons.clear();
        strengths.clear();
    }
    void end_window() {
        files[0].write(&total, 1);
        total = 0;
        if (level != 1) return;
        files[1].write(counts.data(), (Index)counts.size());
        files[2].write(events.data(), (Index)events.size());
        std::fill(counts.begin(), counts.end(), 0);
        std::fill(events.begin(), events.end(), 0);
    }
    void close() {
        for (auto& file : files) file.close();
    }
};

template <class Real>
class Session {
    Network<Real> network;
    Index images, steps, frames, input_size;  // frames of an image: 1 or `steps`
    Index block;                              // steps whose currents are made at once
    Shape input_shape;
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
        block = run[8];
        network.read(plan.data(), read_file<Real>("weights.bin").data(), block);  // every op keeps a copy
        const auto levels = read_file<Index>("record.bin");  // level and bytes of a strength, for each layer
        watched = read_file<uint8_t>("watched.bin");
        if ((Index)levels.size() != 2 * (Index)network.layers.size()) fail("record.bin does not fit the network");
        if ((Index)watched.size() != network.layers.back().end()) fail("watched.bin does not fit the network");
        for (Index l = 0; l < (Index)network.layers.size(); l++) {
            const auto& layer = network.layers[l];
            recorders.emplace_back(l, layer.shape.size(), levels[2 * l], levels[2 * l + 1]);
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
                if (!awake(t) || t % steps < p.delay) continue;
                if (t % steps == p.delay && p.remembers()) begin_window(p);
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
        const Index wanted = frames == 1 ? t / steps : t - p.delay;
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
